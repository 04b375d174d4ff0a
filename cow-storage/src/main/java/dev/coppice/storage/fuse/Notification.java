package dev.coppice.storage.fuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Tells the kernel something that it has not asked for. Never on a thread that it may wait for. */
final class Notification {

  private static final int INVALIDATE_INODE = 2;
  private static final int INVALIDATE_ENTRY = 3;

  private Notification() {}

  /** Lets the kernel forget a name at the mount's root, with all it has cached below. */
  static void forgetTopLevel(int fd, String name) {
    byte[] bytes = name.getBytes(ISO_8859_1);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment message = begin(arena, INVALIDATE_ENTRY, 16 + bytes.length + 1);
      message.set(ValueLayout.JAVA_LONG, 16, NodeId.ROOT);
      message.set(ValueLayout.JAVA_INT, 24, bytes.length);
      MemorySegment.copy(bytes, 0, message, ValueLayout.JAVA_BYTE, 32, bytes.length);
      Posix.write(fd, message.address(), message.byteSize());
    }
  }

  /** Returns once what the kernel held back of a file's content is written, and forgotten. */
  static void writeBack(int fd, long nodeId) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment message = begin(arena, INVALIDATE_INODE, 24);
      message.set(ValueLayout.JAVA_LONG, 16, nodeId);
      Posix.write(fd, message.address(), message.byteSize());
    }
  }

  private static MemorySegment begin(Arena arena, int code, int bytes) {
    int length = Reply.HEADER_BYTES + bytes;
    MemorySegment message = arena.allocate(length, Long.BYTES);
    message.set(ValueLayout.JAVA_INT, 0, length);
    message.set(ValueLayout.JAVA_INT, 4, code);
    return message;
  }
}
