package dev.coppice.providers;

import java.util.concurrent.ArrayBlockingQueue;

/** Buffers that wander between readers and writers. */
final class SegmentPool {

  private final ArrayBlockingQueue<byte[]> free = new ArrayBlockingQueue<>(256);

  byte[] take() {
    byte[] bytes = free.poll();
    return bytes == null ? new byte[Chunk.SEGMENT_BYTES] : bytes;
  }

  void giveBack(byte[] bytes) {
    if (bytes.length == Chunk.SEGMENT_BYTES) {
      free.offer(bytes);
    }
  }
}
