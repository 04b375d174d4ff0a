package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * The transaction that exports the snapshot of a pull. It stays open until all that is read has
 * been read, and holds {@code ACCESS SHARE} on every table, as {@code pg_dump} does, because a
 * rewritten table would look empty to an older snapshot.
 */
final class SnapshotSession {

  /** As long as {@code pg_dump} waits for the same lock. */
  static final String LOCK_WAIT = "30s";

  /** Where a session of ours that holds the lock may be what it waits for. */
  static final String LOCK_WAIT_BEHIND_OURS = "5s";

  private static final int LOCK_BATCH = 200;

  private final Connection connection;
  private final String id;
  private final String lsn;
  private final long timeMillis;

  private SnapshotSession(Connection connection, String id, String lsn, long timeMillis) {
    this.connection = connection;
    this.id = id;
    this.lsn = lsn;
    this.timeMillis = timeMillis;
  }

  static SnapshotSession open(Connection connection) throws SQLException {
    Query.run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return Query.first(
            connection,
            """
            SELECT pg_catalog.pg_export_snapshot() AS id,
                   CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                        ELSE pg_current_wal_insert_lsn() END::text AS lsn,
                   (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS millis
            """,
            row ->
                new SnapshotSession(
                    connection, row.getString("id"), row.getString("lsn"), row.getLong("millis")))
        .orElseThrow();
  }

  /** The state in which a slot begins, held on to independently of the slot's session. */
  static SnapshotSession at(Connection connection, ReplicationSlot.Created slot)
      throws SQLException {
    Query.run(connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    Query.run(connection, "SET TRANSACTION SNAPSHOT " + SqlText.literal(slot.snapshot()));
    return new SnapshotSession(
        connection,
        Query.text(connection, "SELECT pg_catalog.pg_export_snapshot()"),
        slot.start().toString(),
        Long.parseLong(
            Query.text(
                connection, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")));
  }

  Connection connection() {
    return connection;
  }

  String id() {
    return id;
  }

  String lsn() {
    return lsn;
  }

  long timeMillis() {
    return timeMillis;
  }

  void lock(List<SourceTable> tables) throws SQLException {
    Query.run(connection, "SET LOCAL lock_timeout = '" + LOCK_WAIT + "'");
    for (int from = 0; from < tables.size(); from += LOCK_BATCH) {
      List<SourceTable> batch = tables.subList(from, Math.min(tables.size(), from + LOCK_BATCH));
      List<String> names = batch.stream().map(table -> "ONLY " + table.quoted()).toList();
      Query.run(connection, "LOCK TABLE " + String.join(", ", names) + " IN ACCESS SHARE MODE");
    }
    Query.run(connection, "SET LOCAL lock_timeout = 0");
  }

  /**
   * Makes another session see the same state. It does not wait for a table's lock for long: since
   * this session holds one, it would wait for somebody who wants to alter the table and waits for
   * this session, and so would everybody who uses it.
   */
  void join(Connection other) throws SQLException {
    Query.run(other, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    Query.run(other, "SET TRANSACTION SNAPSHOT " + SqlText.literal(id));
    Query.run(other, "SET LOCAL lock_timeout = '" + LOCK_WAIT_BEHIND_OURS + "'");
  }
}
