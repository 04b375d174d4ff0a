package dev.coppice.providers;

import java.sql.SQLException;
import java.util.Optional;

/** Tells why a source has ended a statement of ours that it had begun. */
final class CancelledRead {

  private static final String QUERY_CANCELED = "57014";

  /** On a standby: rows that the snapshot needs were about to be removed. */
  private static final String CONFLICT_WITH_RECOVERY = "40001";

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  private CancelledRead() {}

  static Exception explain(SQLException e) {
    return known(e).<Exception>map(failure -> failure).orElse(e);
  }

  static Optional<SourceException> known(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return switch (state) {
      case QUERY_CANCELED -> Optional.of(tookTooLong(e));
      case CONFLICT_WITH_RECOVERY -> Optional.of(wasInTheWay(e));
      case LOCK_NOT_AVAILABLE -> Optional.of(isBeingAltered(e));
      default -> Optional.empty();
    };
  }

  private static SourceException tookTooLong(SQLException e) {
    return new SourceException(
        SourceFailure.TIMED_OUT,
        "The source has cancelled a statement of the pull: " + message(e),
        "If it was statement_timeout, which Coppice leaves as it is: ALTER ROLE … SET"
            + " statement_timeout = '10min' for the role that reads, or for this source alone"
            + " options=-c%20statement_timeout%3D10min in the URL. Each piece of a table, 8 MiB or"
            + " less, must be read within it (before PostgreSQL 14, each table).",
        e);
  }

  private static SourceException wasInTheWay(SQLException e) {
    return new SourceException(
        SourceFailure.PULL_FAILED,
        "The standby has ended the pull's snapshot, which was in the way of the changes of its"
            + " primary: "
            + message(e),
        "ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf(); on the standby, or a"
            + " longer max_standby_streaming_delay there; then pull again. Or pull from the"
            + " primary.",
        e);
  }

  private static SourceException isBeingAltered(SQLException e) {
    return new SourceException(
        SourceFailure.PULL_FAILED,
        "A table that the pull reads is being altered, truncated or locked on the source, or somebody"
            + " waits to do so, and everybody who uses it waits behind that: "
            + message(e),
        "The pull was given up, so that it can go on there. Pull again afterwards.",
        e);
  }

  private static String message(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("").strip();
  }
}
