package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** Replication slots on a source. */
final class ReplicationSlot {

  private static final int FIRST_MAJOR_WITH_OPTION_LIST = 15;
  private static final int FIRST_MAJOR_WITH_FAILOVER = 17;

  /** How often the end of another session is awaited, 100 ms each. */
  private static final int RELEASE_ATTEMPTS = 100;

  /**
   * @param snapshot the state at {@code start}; valid until its session does anything else
   */
  record Created(Lsn start, String snapshot) {}

  record Health(KeptLog log, boolean active) {}

  private static final String HEALTH =
      """
      SELECT coalesce(wal_status, 'lost') AS status, active, safe_wal_size,
             (SELECT setting::bigint * 1024 * 1024 FROM pg_settings
              WHERE name = 'max_slot_wal_keep_size' AND setting::bigint >= 0) AS most
      FROM pg_replication_slots WHERE slot_name =
      """;

  private ReplicationSlot() {}

  /**
   * Waits for the transactions that are running on the source; is cancelled ({@code 57014}) if that
   * takes longer.
   *
   * @param failover whether standbys of the source are to have it too, where the major can do that
   */
  static Created create(
      Connection replication, String slot, int major, boolean failover, Duration patience)
      throws SQLException {
    return create(replication, command(slot, major, failover), patience);
  }

  /** The same with a slot that ends with its session. */
  static Created createTemporary(Connection replication, String slot, int major, Duration patience)
      throws SQLException {
    return create(replication, command(slot + " TEMPORARY", major, false), patience);
  }

  private static Created create(Connection replication, String command, Duration patience)
      throws SQLException {
    try (Statement statement = replication.createStatement()) {
      statement.setQueryTimeout(Math.toIntExact(patience.toSeconds()));
      try (ResultSet row = statement.executeQuery(command)) {
        if (!row.next()) {
          throw new SQLException("the source says nothing of the slot that it was to make");
        }
        return new Created(
            Lsn.parse(row.getString("consistent_point")), row.getString("snapshot_name"));
      }
    }
  }

  static String command(String slot, int major, boolean failover) {
    String snapshot =
        major < FIRST_MAJOR_WITH_OPTION_LIST
            ? "EXPORT_SNAPSHOT"
            : failover && major >= FIRST_MAJOR_WITH_FAILOVER
                ? "(SNAPSHOT 'export', FAILOVER true)"
                : "(SNAPSHOT 'export')";
    return "CREATE_REPLICATION_SLOT " + slot + " LOGICAL pgoutput " + snapshot;
  }

  static Optional<Health> health(Connection source, String slot) throws SQLException {
    return Query.first(
        source,
        HEALTH + SqlText.literal(slot),
        row ->
            new Health(
                new KeptLog(
                    row.getString("status"), number(row, "safe_wal_size"), number(row, "most")),
                row.getBoolean("active")));
  }

  private static OptionalLong number(ResultSet row, String column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(number);
  }

  /** Also one that a session of ours still holds, whose end the source has not noticed yet. */
  static void drop(Connection source, String slot) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        Query.list(
            source,
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots s"
                + " JOIN pg_stat_activity a ON a.pid = s.active_pid AND a.usename = current_user"
                + " WHERE slot_name = "
                + SqlText.literal(slot),
            row -> row.getBoolean(1));
        Query.list(
            source,
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                + " WHERE slot_name = "
                + SqlText.literal(slot),
            row -> slot);
        return;
      } catch (SQLException e) {
        // object_in_use
        if (!"55006".equals(e.getSQLState()) || attempt == RELEASE_ATTEMPTS) {
          throw e;
        }
        Query.run(source, "SELECT pg_sleep(0.1)");
      }
    }
  }
}
