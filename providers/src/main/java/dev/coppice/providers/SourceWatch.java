package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The second session of a follower on its source: how far it is, and whether the slot lives. */
final class SourceWatch {

  private static final Logger LOG = LoggerFactory.getLogger(SourceWatch.class);

  private static final long INTERVAL_MILLIS = 1_000;

  private static final String POSITION =
      """
      SELECT (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                   ELSE pg_current_wal_flush_lsn() END)::text AS lsn,
             (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS micros
      """;

  private final Connection session;
  private final String slot;
  private final FollowState state;

  // Touched by run alone.
  private boolean wasActive = true;
  private boolean warned;

  SourceWatch(Connection session, String slot, FollowState state) {
    this.session = session;
    this.slot = slot;
    this.state = state;
  }

  /** Until the session ends or the thread is interrupted. */
  void run() throws SQLException, InterruptedException {
    while (true) {
      look();
      requireStream();
      TimeUnit.MILLISECONDS.sleep(INTERVAL_MILLIS);
    }
  }

  /** Where the source is now. */
  synchronized Lsn look() throws SQLException {
    return Query.first(
            session,
            POSITION,
            row -> {
              Lsn lsn = Lsn.parse(row.getString("lsn"));
              long micros = row.getLong("micros");
              state.source(
                  lsn, Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000));
              return lsn;
            })
        .orElseThrow();
  }

  /** The source may have ended it long before this side of a broken connection hears of that. */
  private void requireStream() throws SQLException {
    ReplicationSlot.Health health = requireSlot();
    warn(health.log());
    boolean active = health.active();
    if (!active && !wasActive) {
      throw new SourceException(
          SourceFailure.FOLLOW_FAILED,
          "The source has ended the stream of slot " + slot,
          "It is tried again.");
    }
    wasActive = active;
  }

  /** Once, until it has enough again. */
  private void warn(KeptLog log) {
    Optional<String> warning = log.warning();
    if (warning.isPresent() && !warned) {
      LOG.warn("Slot {} is in danger: {}", slot, warning.get());
    }
    warned = warning.isPresent();
  }

  synchronized ReplicationSlot.Health requireSlot() throws SQLException {
    Optional<ReplicationSlot.Health> health = ReplicationSlot.health(session, slot);
    if (health.filter(known -> !known.log().lost()).isEmpty()) {
      throw new SourceException(
          SourceFailure.SLOT_LOST,
          "The source has given up the log that slot " + slot + " needs",
          "The base is pulled anew.");
    }
    state.log(health.get().log());
    return health.get();
  }

  synchronized Optional<Set<String>> generatedColumns(long oid, TableName table)
      throws SQLException {
    return GeneratedColumns.read(session, oid, table);
  }

  synchronized int refreshSequences(Connection base) throws SQLException {
    return SequenceRefresh.run(session, base);
  }
}
