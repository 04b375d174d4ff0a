package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Optional;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;

/**
 * Reads chunks in the pull's snapshot. Every row passes {@link #append} as it came from the source;
 * that is where it can be changed on its way.
 */
final class CopyReader {

  private final CopyBoard board;
  private final SegmentPool pool;
  private final RateLimit rate;
  private final CopyManager copies;

  private byte[] bytes;
  private int length;
  private int rows;

  CopyReader(CopyBoard board, SegmentPool pool, RateLimit rate, Connection source)
      throws SQLException {
    this.board = board;
    this.pool = pool;
    this.rate = rate;
    this.copies = source.unwrap(PGConnection.class).getCopyAPI();
    this.bytes = pool.take();
  }

  void run() throws SQLException, InterruptedException {
    Optional<Chunk> chunk = board.takeChunk();
    while (chunk.isPresent()) {
      read(chunk.get());
      chunk = board.takeChunk();
    }
  }

  private void read(Chunk chunk) throws SQLException, InterruptedException {
    CopyOut copy = copies.copyOut(chunk.sql());
    boolean binary = chunk.binary();
    boolean first = binary;
    // One CopyData message is one row; in binary the first also has the header, the last is an end.
    for (byte[] row = copy.readFromCopy(); row != null; row = copy.readFromCopy()) {
      int from = first ? BinaryRows.headerLength(row) : 0;
      first = false;
      if (from < row.length && !(binary && BinaryRows.isEnd(row, from))) {
        append(chunk, row, from);
      }
    }
    flush(chunk);
    chunk.finish(copy.getHandledRowCount());
  }

  private void append(Chunk chunk, byte[] row, int from) throws InterruptedException {
    int size = row.length - from;
    if (size > bytes.length - length) {
      flush(chunk);
      if (size > bytes.length) {
        rate.pass(size);
        chunk.put(new Chunk.Segment(Arrays.copyOfRange(row, from, row.length), size, 1));
        return;
      }
    }
    System.arraycopy(row, from, bytes, length, size);
    length += size;
    rows++;
  }

  private void flush(Chunk chunk) throws InterruptedException {
    if (length > 0) {
      rate.pass(length);
      chunk.put(new Chunk.Segment(bytes, length, rows));
      bytes = pool.take();
      length = 0;
      rows = 0;
    }
  }
}
