package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.providers.PullEvent.Phase;
import dev.coppice.providers.PullEvent.PhaseStarted;
import dev.coppice.providers.testing.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
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
    source = PostgresServer.start("postgres");
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
  void itReadsNoFasterThanItMay() {
    long began = System.nanoTime();

    PullReport report =
        pull(
            new PullLimits(CONNECTIONS, OptionalLong.of(BYTES), Optional.empty(), false),
            event -> {});

    assertThat(report.bytes()).isGreaterThan(BYTES);
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(1));
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
                alter("ALTER ROLE reader SET statement_timeout = '1ms'");
              }
            });

    assertThat(failure.failure()).isEqualTo(SourceFailure.TIMED_OUT);
    assertThat(failure).hasMessageContaining("statement timeout");
    assertThat(failure.hint()).contains("ALTER ROLE", "options=-c%20statement_timeout");
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

  private static void alter(String sql) {
    try {
      source.execute("postgres", sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private PullReport pull(PullLimits limits, PullListener listener) {
    return Source.at(SourceAddress.parse(source.url("reader", "reader", "shop")))
        .pull(
            new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
            PullOptions.standard().within(limits),
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
