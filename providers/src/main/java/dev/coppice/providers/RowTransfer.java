package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.copy.CopyOut;

/**
 * Copies the rows of single tables anew, within a transaction of the base. What fails in the base
 * fails as {@link Refusal}.
 */
final class RowTransfer {

  /** {@code feature_not_supported}: other tables refer to it. */
  private static final String REFERRED_TO = "0A000";

  private final Connection source;
  private final Connection base;
  private final RateLimit rate;
  private final int major;
  private final ChunkSize size;

  RowTransfer(Connection source, Connection base, RateLimit rate) throws SQLException {
    this.source = source;
    this.base = base;
    this.rate = rate;
    this.major = source.getMetaData().getDatabaseMajorVersion();
    this.size = ChunkSize.within(rate.bytesPerSecond(), 1, ChunkSize.timeoutMillis(source));
  }

  /** Triggers do not fire, so nothing happens to what refers to it. */
  void empty(String table) throws SQLException {
    Refusal.unlessDone(base, "SAVEPOINT emptied");
    try {
      Refusal.unlessDone(base, "TRUNCATE ONLY " + table);
    } catch (Refusal e) {
      if (!REFERRED_TO.equals(e.getSQLState())) {
        throw e;
      }
      Refusal.unlessDone(base, "ROLLBACK TO emptied");
      Refusal.unlessDone(base, "DELETE FROM ONLY " + table);
    }
    Refusal.unlessDone(base, "RELEASE emptied");
  }

  void copy(SourceTable table) throws SQLException, InterruptedException {
    CopyManager there = source.unwrap(PGConnection.class).getCopyAPI();
    CopyIn copy = begin("COPY " + table.quoted() + table.columnList() + " FROM STDIN");
    try {
      int chunks = table.chunks(major, size);
      for (int chunk = 0; chunk < chunks; chunk++) {
        copy(there.copyOut(table.copyOut(chunk, chunks, size)), copy);
      }
      end(copy);
    } finally {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
  }

  private void copy(CopyOut rows, CopyIn copy) throws SQLException, InterruptedException {
    try {
      for (byte[] row = rows.readFromCopy(); row != null; row = rows.readFromCopy()) {
        rate.pass(row.length);
        write(copy, row);
      }
    } finally {
      if (rows.isActive()) {
        rows.cancelCopy();
      }
    }
  }

  private CopyIn begin(String statement) throws SQLException {
    try {
      return base.unwrap(PGConnection.class).getCopyAPI().copyIn(statement);
    } catch (SQLException e) {
      throw new Refusal(e);
    }
  }

  private static void write(CopyIn copy, byte[] row) throws SQLException {
    try {
      copy.writeToCopy(row, 0, row.length);
    } catch (SQLException e) {
      throw new Refusal(e);
    }
  }

  private static void end(CopyIn copy) throws SQLException {
    try {
      copy.endCopy();
    } catch (SQLException e) {
      throw new Refusal(e);
    }
  }
}
