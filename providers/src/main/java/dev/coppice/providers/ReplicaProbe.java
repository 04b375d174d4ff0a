package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Looks whether the source is a standby, and whether it lets a long snapshot be. */
final class ReplicaProbe {

  private static final String WHAT = "replica";

  /**
   * For relations {@code c} of the catalogue: a standby has no rows of those that are not logged.
   */
  static final String ON_THIS_SERVER = "(c.relpersistence <> 'u' OR NOT pg_is_in_recovery())";

  private record Settings(boolean standby, boolean feedback, long delayMillis) {}

  private ReplicaProbe() {}

  static boolean standby(Connection session) throws SQLException {
    return Query.text(session, "SELECT pg_is_in_recovery()").equals("t");
  }

  /**
   * @param wanted whether only a standby will do
   */
  static Optional<Finding> probe(Connection session, boolean wanted) throws SQLException {
    Settings settings =
        Query.first(
                session,
                """
                SELECT pg_is_in_recovery() AS standby,
                       current_setting('hot_standby_feedback')::boolean AS feedback,
                       (SELECT setting::bigint FROM pg_settings
                        WHERE name = 'max_standby_streaming_delay') AS delay
                """,
                row ->
                    new Settings(
                        row.getBoolean("standby"),
                        row.getBoolean("feedback"),
                        row.getLong("delay")))
            .orElseThrow();
    if (!settings.standby) {
      return wanted
          ? Optional.of(
              Finding.failed(
                  SourceFailure.PREFLIGHT_FAILED,
                  WHAT,
                  "this server is no standby, it takes writes itself",
                  "Use the address of a physical standby, or leave out --from-replica."))
          : Optional.empty();
    }
    return Optional.of(patience(settings));
  }

  private static Finding patience(Settings settings) {
    if (settings.feedback) {
      return Finding.passed(WHAT, "a standby with hot_standby_feedback");
    }
    if (settings.delayMillis < 0) {
      return Finding.passed(WHAT, "a standby whose queries may take as long as they like");
    }
    return Finding.warning(
        WHAT,
        "a standby without hot_standby_feedback: it ends a snapshot that has been in the way of its"
            + " primary's changes for %d s, and the pull with it"
                .formatted(settings.delayMillis / 1000),
        "ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf(); -- on the standby");
  }
}
