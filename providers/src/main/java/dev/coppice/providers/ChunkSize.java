package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.OptionalLong;

/**
 * How much of a table one COPY reads, with what is stored out of line.
 *
 * @param bytes on the source's disk
 */
record ChunkSize(long bytes) {

  /** Short enough to be held in memory, long enough that a round trip is nothing. */
  static final ChunkSize USUAL = new ChunkSize(8 * 1024 * 1024);

  /** What a reader gathers before it waits for its turn; less would gain nothing. */
  private static final long LEAST_BYTES = Chunk.SEGMENT_BYTES;

  /** Of the statement_timeout, since rows may be compressed on disk and the source busy. */
  private static final int PART = 10;

  /**
   * Small enough that a rate limit does not make the source cancel it.
   *
   * @param readers that share the rate
   * @param timeoutMillis the source's {@code statement_timeout}; 0 for none
   */
  static ChunkSize within(OptionalLong bytesPerSecond, int readers, long timeoutMillis) {
    if (bytesPerSecond.isEmpty() || timeoutMillis == 0) {
      return USUAL;
    }
    double bytes = (double) bytesPerSecond.getAsLong() / readers * timeoutMillis / 1000 / PART;
    return new ChunkSize(Math.clamp((long) bytes, LEAST_BYTES, USUAL.bytes));
  }

  /** The {@code statement_timeout} that holds for a session; 0 for none. */
  static long timeoutMillis(Connection session) throws SQLException {
    return Long.parseLong(
        Query.text(session, "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"));
  }
}
