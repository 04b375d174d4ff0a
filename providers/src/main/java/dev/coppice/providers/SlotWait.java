package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** Tells why a slot could not be made in time: it waits for what is being written. */
final class SlotWait {

  /** Sessions that have written and not ended, oldest first; everybody may see that they are. */
  private static final String WRITERS =
      """
      SELECT 'pid ' || l.pid || coalesce(' of role ' || a.usename, '')
             || coalesce(', begun ' || to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '')
             || coalesce(', ' || a.state, '') AS writer
      FROM (SELECT pid, max(age(transactionid)) AS age FROM pg_locks
            WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND granted
              AND pid <> pg_backend_pid()
            GROUP BY pid) l
      LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      ORDER BY l.age DESC LIMIT 3
      """;

  private static final String PREPARED =
      "SELECT 'prepared transaction ' || quote_literal(gid) FROM pg_prepared_xacts"
          + " ORDER BY prepared LIMIT 3";

  private SlotWait() {}

  static SourceException explain(Connection source, Duration patience, SQLException cause)
      throws SQLException {
    String waited = "no slot could be made within " + patience.toSeconds() + " s, since ";
    if (ReplicaProbe.standby(source)) {
      return refused(
          waited
              + "the standby has not heard from its primary which transactions run there."
              + " On the primary: SELECT pg_log_standby_snapshot(); then try again",
          cause);
    }
    List<String> writers = Query.list(source, WRITERS, row -> row.getString(1));
    writers.addAll(Query.list(source, PREPARED, row -> row.getString(1)));
    return refused(
        waited
            + (writers.isEmpty()
                ? "transactions that write had not ended. Try again"
                : "it waits for transactions that write: "
                    + String.join("; ", writers)
                    + ". Wait for their end, or end them with pg_terminate_backend(pid) or ROLLBACK"
                    + " PREPARED; then try again"),
        cause);
  }

  private static SourceException refused(String why, SQLException cause) {
    return new SourceException(SourceFailure.FOLLOW_REFUSED, why, "", cause);
  }
}
