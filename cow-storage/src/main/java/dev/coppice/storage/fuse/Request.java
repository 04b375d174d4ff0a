package dev.coppice.storage.fuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The request that a worker is at; one object for all of its requests. */
final class Request {

  static final int HEADER_BYTES = 40;

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private final MemorySegment memory;

  Request(MemorySegment memory) {
    this.memory = memory;
  }

  MemorySegment memory() {
    return memory;
  }

  int length() {
    return memory.get(INT, 0);
  }

  int opcode() {
    return memory.get(INT, 4);
  }

  long unique() {
    return memory.get(LONG, 8);
  }

  long nodeId() {
    return memory.get(LONG, 16);
  }

  /** A field of the operation's own structure, by its offset there. */
  int intAt(int offset) {
    return memory.get(INT, HEADER_BYTES + offset);
  }

  long longAt(int offset) {
    return memory.get(LONG, HEADER_BYTES + offset);
  }

  /** The name that begins at an offset behind the header; one char to a byte. */
  String nameAt(int offset) {
    int start = HEADER_BYTES + offset;
    int end = start;
    while (end < length() && memory.get(ValueLayout.JAVA_BYTE, end) != 0) {
      end++;
    }
    byte[] bytes = memory.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE);
    return new String(bytes, ISO_8859_1);
  }
}
