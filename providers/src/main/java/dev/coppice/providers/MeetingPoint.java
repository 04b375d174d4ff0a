package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.UUID;

/**
 * A state of the source that is known by its position: transactions whose commit record begins
 * before it are seen, and no others. It comes from a temporary slot, as in the server's own copy of
 * single tables (tablesync.c).
 */
final class MeetingPoint implements AutoCloseable {

  private static final int RANDOM_DIGITS = 12;
  private static final String QUERY_CANCELED = "57014";
  private static final String LOCK_NOT_AVAILABLE = "55P03";

  /** Less than the usual deadlock_timeout, so that it is never production that has to give way. */
  private static final String LOCK_WAIT = "500ms";

  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final SourceSessions source;
  private final SnapshotSession snapshot;
  private final Lsn position;

  private MeetingPoint(SourceSessions source, SnapshotSession snapshot, Lsn position) {
    this.source = source;
    this.snapshot = snapshot;
    this.position = position;
  }

  /**
   * Waits for the transactions that are writing on the source; fails after a while, with those that
   * it waited for.
   *
   * @param slot the slot whose stream is to meet it
   */
  static MeetingPoint open(SourceSessions source, String slot, int major) throws SQLException {
    Connection replication = source.openReplication();
    try {
      ReplicationSlot.Created created = create(replication, slot, major);
      SnapshotSession snapshot = SnapshotSession.at(source.open(), created);
      return new MeetingPoint(source, snapshot, created.start());
    } catch (SQLException e) {
      if (QUERY_CANCELED.equals(e.getSQLState())) {
        throw SlotWait.explain(source.open(), PATIENCE, e);
      }
      throw e;
    } finally {
      // The slot ends with it; its snapshot lives on in the session that has taken it over.
      source.close(replication);
    }
  }

  private static ReplicationSlot.Created create(Connection replication, String slot, int major)
      throws SQLException {
    String random = UUID.randomUUID().toString().replace("-", "").substring(0, RANDOM_DIGITS);
    return ReplicationSlot.createTemporary(replication, slot + "_" + random, major, PATIENCE);
  }

  Lsn position() {
    return position;
  }

  /** Sees that state. */
  Connection session() {
    return snapshot.connection();
  }

  /** By which other sessions see it. */
  String snapshot() {
    return snapshot.id();
  }

  /**
   * Keeps those of them that are there from being altered. False if one was altered since: the rows
   * of a table that was rewritten or truncated are not to be seen in an older state.
   */
  boolean lock(Collection<TableName> tables) throws SQLException {
    Connection session = session();
    Connection now = source.open();
    try {
      Query.run(session, "SET LOCAL lock_timeout = '" + LOCK_WAIT + "'");
      Query.run(now, "SET lock_timeout = '" + LOCK_WAIT + "'");
      for (TableName table : tables) {
        if (TableShape.read(now, table).isPresent()) {
          Query.run(session, "LOCK TABLE ONLY " + table.quoted() + " IN ACCESS SHARE MODE");
        }
        Optional<TableShape> then = TableShape.read(session, table);
        if (!then.equals(TableShape.read(now, table))) {
          return false;
        }
      }
      Query.run(session, "SET LOCAL lock_timeout = 0");
      return true;
    } catch (SQLException e) {
      if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
        return false;
      }
      throw e;
    } finally {
      source.close(now);
    }
  }

  @Override
  public void close() {
    source.close(session());
  }
}
