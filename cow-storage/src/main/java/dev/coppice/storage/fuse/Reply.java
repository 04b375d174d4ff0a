package dev.coppice.storage.fuse;

import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The answer to one request, put together in one buffer; one object for all of a worker's. */
final class Reply {

  static final int HEADER_BYTES = 16;

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private final int fd;
  private final MemorySegment memory;

  Reply(int fd, MemorySegment memory) {
    this.fd = fd;
    this.memory = memory;
  }

  int fd() {
    return fd;
  }

  MemorySegment memory() {
    return memory;
  }

  /** Zeros the first bytes behind the header, for structures that are set field by field. */
  void clear(int bytes) {
    memory.asSlice(HEADER_BYTES, bytes).fill((byte) 0);
  }

  void putShort(int offset, int value) {
    memory.set(SHORT, HEADER_BYTES + offset, (short) value);
  }

  void putInt(int offset, int value) {
    memory.set(INT, HEADER_BYTES + offset, value);
  }

  void putLong(int offset, long value) {
    memory.set(LONG, HEADER_BYTES + offset, value);
  }

  void putName(int offset, String name) {
    for (int i = 0; i < name.length(); i++) {
      memory.set(ValueLayout.JAVA_BYTE, HEADER_BYTES + offset + i, (byte) name.charAt(i));
    }
  }

  /** Sends so many bytes behind the header. That nobody waits for them any more is no error. */
  void send(long unique, int bytes) {
    send(fd, memory, unique, bytes);
  }

  /** Sends 0, or a negated errno. */
  void sendResult(long unique, int result) {
    sendResult(fd, memory, unique, result);
  }

  static void sendResult(int fd, MemorySegment memory, long unique, int result) {
    memory.set(INT, 0, HEADER_BYTES);
    memory.set(INT, 4, Math.min(result, 0));
    memory.set(LONG, 8, unique);
    Posix.write(fd, memory.address(), HEADER_BYTES);
  }

  /** Sends one number as the whole answer, or a negated errno; from any thread. */
  static void sendLong(int fd, long unique, long value) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(HEADER_BYTES + Long.BYTES, Long.BYTES);
      if (value < 0) {
        sendResult(fd, memory, unique, (int) value);
      } else {
        memory.set(LONG, HEADER_BYTES, value);
        send(fd, memory, unique, Long.BYTES);
      }
    }
  }

  private static void send(int fd, MemorySegment memory, long unique, int bytes) {
    memory.set(INT, 0, HEADER_BYTES + bytes);
    memory.set(INT, 4, 0);
    memory.set(LONG, 8, unique);
    Posix.write(fd, memory.address(), HEADER_BYTES + bytes);
  }
}
