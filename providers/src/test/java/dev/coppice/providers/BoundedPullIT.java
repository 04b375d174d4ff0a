package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.providers.PullEvent.Phase;
import dev.coppice.providers.PullEvent.PhaseStarted;
import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a pull asks of production stays within what was allowed. */
class BoundedPullIT {

  private static final int CONNECTIONS = 2;

  /** Text that no type's binary form makes shorter. */
  private static final long BYTES = 24 * 1024 * 1024;

  @AutoClose private static PostgresServer source;

  private PostgresServer engine;

  @BeforeAll
  static void startSource() throws SQLException {
    source = PostgresServer.start("postgres", "wal_level=logical", "max_prepared_transactions=2");
    source.execute("postgres", "CREATE ROLE reader LOGIN PASSWORD 'reader'");
    source.execute("postgres", "CREATE DATABASE shop");
    source.execute(
        "shop",
        """
        CREATE TABLE large AS SELECT g AS id, repeat(md5(g::text), 32) AS body
          FROM generate_series(1, %d) g;
        CREATE TABLE small AS SELECT g AS id FROM generate_series(1, 100) g;
        ALTER TABLE large ADD PRIMARY KEY (id);
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
        """
            .formatted(BYTES / 1024));
  }

  @BeforeEach
  void startEngine() throws SQLException {
    engine = PostgresServer.start("coppice");
    source.execute(
        "postgres", "ALTER ROLE reader CONNECTION LIMIT -1; ALTER ROLE reader RESET ALL");
  }

  @AfterEach
  void stopEngine() {
    engine.close();
  }

  @Test
  void itHoldsOneConnectionMoreThanItCopiesOver() throws SQLException {
    source.execute("postgres", "ALTER ROLE reader CONNECTION LIMIT " + (CONNECTIONS + 1));

    PullReport report = pull(PullLimits.connections(CONNECTIONS), event -> {});

    assertThat(report.rows()).isEqualTo(BYTES / 1024 + 100);
  }

  @Test
  void itReadsNoFasterThanItMayInPiecesThatNoTimeoutEnds() throws SQLException {
    source.execute(
        "postgres",
        "ALTER ROLE reader SET statement_timeout = '20s'; ALTER ROLE reader SET log_statement = 'all'");
    long began = System.nanoTime();

    PullReport report =
        pull(new PullLimits(8, OptionalLong.of(BYTES), Optional.empty(), false), event -> {});

    assertThat(report.bytes()).isGreaterThan(BYTES);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(1));
    // 6 MiB: a tenth of what comes in 20 s over one of 8 connections that share 24 MiB a second.
    assertThat(source.log())
        .containsPattern("\"large\" WHERE ctid >= '\\(0,0\\)' AND ctid < '\\(76\\d,0\\)'");
  }

  @Test
  void itWaitsForWritersNoLongerThanItMayAndSaysWhoTheyAre() throws SQLException {
    FollowWish wish =
        new FollowWish("coppice_waits", Optional.empty(), false, true, Duration.ofSeconds(1));
    try (Connection writing = source.connect("postgres")) {
      writing.setAutoCommit(false);
      Query.run(writing, "CREATE TABLE begun ()");
      source.execute("postgres", "BEGIN; CREATE TABLE held (); PREPARE TRANSACTION 'left over'");

      SourceException failure =
          catchThrowableOfType(
              SourceException.class,
              () ->
                  pull(
                      source.superuserUrl("shop"),
                      PullOptions.standard().following(wish),
                      event -> {}));

      assertThat(failure.failure()).isEqualTo(SourceFailure.FOLLOW_REFUSED);
      assertThat(failure)
          .hasMessageContaining("within 1 s")
          .hasMessageContaining("pid " + Query.text(writing, "SELECT pg_backend_pid()"))
          .hasMessageContaining("prepared transaction 'left over'");
    } finally {
      source.execute("postgres", "ROLLBACK PREPARED 'left over'");
    }
    try (Connection session = source.connect("shop")) {
      assertThat(Query.text(session, "SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
      assertThat(Query.text(session, "SELECT count(*) FROM pg_publication")).isEqualTo("0");
    }
  }

  @Test
  void itGivesUpASnapshotThatGetsTooOld() throws SQLException {
    SourceException failure =
        failure(
            new PullLimits(
                CONNECTIONS, OptionalLong.of(1000), Optional.of(Duration.ofSeconds(2)), false),
            event -> {});

    assertThat(failure.failure()).isEqualTo(SourceFailure.SNAPSHOT_TOO_OLD);
    assertThat(failure).hasMessageContaining("held for 2s");
    assertThat(failure.hint()).contains("--max-snapshot-age", "--rate-limit");
    sessionsEnd();
  }

  @Test
  void itLeavesTheSourcesStatementTimeoutAsItIs() {
    SourceException failure =
        failure(
            PullLimits.connections(CONNECTIONS),
            event -> {
              if (event instanceof PhaseStarted phase && phase.phase() == Phase.COPY) {
                alter("postgres", "ALTER ROLE reader SET statement_timeout = '1ms'");
              }
            });

    assertThat(failure.failure()).isEqualTo(SourceFailure.TIMED_OUT);
    assertThat(failure).hasMessageContaining("statement timeout");
    assertThat(failure.hint()).contains("ALTER ROLE", "options=-c%20statement_timeout");
  }

  @Test
  void itGivesWayToWhoWantsToAlterATable() throws Exception {
    CompletableFuture<Void> altered = new CompletableFuture<>();

    SourceException failure =
        failure(
            PullLimits.connections(CONNECTIONS),
            event -> {
              if (event instanceof PhaseStarted phase && phase.phase() == Phase.COPY) {
                var _ =
                    CompletableFuture.runAsync(
                            () -> alter("shop", "ALTER TABLE small ADD more int"))
                        .thenAccept(altered::complete);
                somebodyWaitsForALock();
              }
            });

    assertThat(failure.failure()).isEqualTo(SourceFailure.PULL_FAILED);
    assertThat(failure).hasMessageContaining("lock timeout");
    assertThat(failure.hint()).contains("Pull again");
    altered.get(1, TimeUnit.MINUTES);
    source.execute("shop", "ALTER TABLE small DROP COLUMN more");
  }

  private static void somebodyWaitsForALock() {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    try (Connection session = source.connect("shop")) {
      String waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
      while (Query.text(session, waiting).equals("0")) {
        assertThat(System.nanoTime()).as("nobody waits for a lock").isLessThan(deadline);
        Thread.onSpinWait();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aTimeoutInTheUrlGoesBeforeTheRoles() throws SQLException {
    source.execute("postgres", "ALTER ROLE reader SET statement_timeout = '1ms'");
    Source patient =
        Source.at(
            SourceAddress.parse(
                source.url("reader", "reader", "shop") + "?options=-c%20statement_timeout%3D1h"));

    assertThat(patient.check().passed()).isTrue();
  }

  private static void alter(String database, String sql) {
    try {
      source.execute(database, sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private PullReport pull(PullLimits limits, PullListener listener) {
    return pull(
        source.url("reader", "reader", "shop"), PullOptions.standard().within(limits), listener);
  }

  private PullReport pull(String url, PullOptions options, PullListener listener) {
    return Source.at(SourceAddress.parse(url))
        .pull(
            new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
            options,
            listener);
  }

  private SourceException failure(PullLimits limits, PullListener listener) {
    return catchThrowableOfType(SourceException.class, () -> pull(limits, listener));
  }

  private static void sessionsEnd() throws SQLException {
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    try (var session = source.connect("postgres")) {
      String sessions = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'";
      while (!Query.text(session, sessions).equals("0")) {
        assertThat(System.nanoTime()).as("sessions of a pull that is over").isLessThan(deadline);
        Thread.onSpinWait();
      }
    }
  }
}
