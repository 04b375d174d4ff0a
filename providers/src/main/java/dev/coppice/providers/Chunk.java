package dev.coppice.providers;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** A range of a table's pages on its way from one reader to the table's writer. */
final class Chunk {

  /**
   * Whole rows in the table's COPY format, without header and end.
   *
   * @param rows how many
   */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record Segment(byte[] bytes, int length, int rows) {}

  static final int SEGMENT_BYTES = 128 * 1024;

  /** 12 MiB, somewhat more than a chunk's heap usually is as text. */
  private static final int CAPACITY = 96;

  private static final Segment END = new Segment(new byte[0], -1, 0);

  private final String sql;
  private final boolean binary;
  private final BlockingQueue<Segment> segments = new ArrayBlockingQueue<>(CAPACITY);

  /** Rows that the source says it sent; set before the end is queued. */
  private long rows;

  Chunk(String sql, boolean binary) {
    this.sql = sql;
    this.binary = binary;
  }

  boolean binary() {
    return binary;
  }

  /** The COPY that reads it. */
  String sql() {
    return sql;
  }

  void put(Segment segment) throws InterruptedException {
    segments.put(segment);
  }

  void finish(long sentRows) throws InterruptedException {
    rows = sentRows;
    segments.put(END);
  }

  Segment take() throws InterruptedException {
    return segments.take();
  }

  static boolean isEnd(Segment segment) {
    return segment.length() < 0;
  }

  /** Valid once the end has been taken. */
  long rows() {
    return rows;
  }
}
