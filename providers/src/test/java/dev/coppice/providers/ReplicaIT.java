package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.providers.PullEvent.Phase;
import dev.coppice.providers.PullEvent.PhaseStarted;
import dev.coppice.providers.testing.Balancer;
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

/** A standby, from which production is pulled without being asked anything. */
class ReplicaIT {

  private static final PullOptions FROM_REPLICA =
      PullOptions.standard()
          .within(new PullLimits(2, OptionalLong.empty(), Optional.empty(), true));

  @AutoClose private static PostgresServer primary;
  @AutoClose private static PostgresServer standby;

  private PostgresServer engine;

  @BeforeAll
  static void start() throws SQLException {
    primary = PostgresServer.start("postgres", "wal_level=logical", "autovacuum=off");
    primary.execute("postgres", "CREATE DATABASE shop");
    primary.execute(
        "shop",
        "CREATE TABLE item AS SELECT g AS id, 'item ' || g AS name FROM generate_series(1, 5000) g;"
            + " ALTER TABLE item ADD PRIMARY KEY (id);"
            + " CREATE UNLOGGED TABLE cache (k serial); INSERT INTO cache VALUES (1)");
    standby = PostgresServer.standbyOf(primary, "hot_standby_feedback=off");
  }

  @BeforeEach
  void startEngine() {
    engine = PostgresServer.start("coppice");
  }

  @AfterEach
  void stopEngine() throws SQLException {
    engine.close();
    standby.execute("shop", "ALTER SYSTEM RESET max_standby_streaming_delay");
    standby.execute("shop", "SELECT pg_reload_conf()");
  }

  @Test
  void itIsPulledAndNotFollowed() throws SQLException {
    FollowWish wish = new FollowWish("coppice_replica", Optional.empty());

    PullReport report = pull(standby, FROM_REPLICA.following(wish), event -> {});

    assertThat(report.rows()).isEqualTo(5000);
    assertThat(report.follow()).isEmpty();
    assertThat(report.fidelity())
        .anyMatch(note -> note.reason().contains("a standby tells its changes only from"))
        .anyMatch(note -> note.object().equals("public.cache"));
    try (var session = primary.connect("shop")) {
      assertThat(
              Query.text(
                  session,
                  "SELECT (SELECT count(*) FROM pg_replication_slots)"
                      + " + (SELECT count(*) FROM pg_publication)"))
          .isEqualTo("0");
    }
  }

  @Test
  void theCheckSaysThatItEndsLongSnapshots() {
    SourceCheck check = Source.at(SourceAddress.parse(standby.superuserUrl("shop"))).check(true);

    assertThat(check.passed()).isTrue();
    assertThat(check.items())
        .filteredOn(item -> item.what().equals("replica"))
        .singleElement()
        .satisfies(item -> {
          assertThat(item.outcome()).isEqualTo(CheckItem.Outcome.WARNING);
          assertThat(item.remedy()).contains("hot_standby_feedback");
        });
  }

  /** As the reader endpoint of several instances is. */
  @Test
  void anAddressThatBalancesBetweenServersIsRefused() throws Exception {
    try (Balancer balancer = Balancer.between(primary, standby)) {
      String url =
          standby
              .superuserUrl("shop")
              .replace(":" + standby.port() + "/", ":" + balancer.port() + "/");

      SourceCheck check = Source.at(SourceAddress.parse(url + "?sslmode=disable")).check();

      assertThat(check.failure()).contains(SourceFailure.POOLER);
      assertThat(check.items().getFirst().detail()).contains("two different servers");
      assertThat(check.items().getFirst().remedy()).contains("one server");
    }
  }

  @Test
  void aPrimaryIsRefused() {
    SourceException failure =
        catchThrowableOfType(SourceException.class, () -> pull(primary, FROM_REPLICA, event -> {}));

    assertThat(failure.failure()).isEqualTo(SourceFailure.PREFLIGHT_FAILED);
    assertThat(failure).hasMessageContaining("no standby");
    assertThat(failure.hint()).contains("--from-replica");
  }

  @Test
  void aSnapshotThatIsInTheWayOfThePrimaryEndsThePull() throws SQLException {
    standby.execute("shop", "ALTER SYSTEM SET max_standby_streaming_delay = 0");
    standby.execute("shop", "SELECT pg_reload_conf()");
    SourceException failure =
        catchThrowableOfType(
            SourceException.class,
            () ->
                pull(
                    standby,
                    FROM_REPLICA,
                    event -> {
                      if (event instanceof PhaseStarted phase && phase.phase() == Phase.COPY) {
                        removeRowsForGood();
                      }
                    }));

    assertThat(failure).hasMessageContaining("in the way of the changes");
    assertThat(failure.hint()).contains("hot_standby_feedback", "max_standby_streaming_delay");
  }

  /** Returns when the standby has removed them too, whoever was in the way. */
  private static void removeRowsForGood() {
    try (var there = primary.connect("shop")) {
      Query.run(there, "UPDATE item SET name = name || '!'");
      Query.run(there, "VACUUM item");
      // VACUUM has no transaction id, so that its log is flushed some time later; this one's now.
      Query.run(there, "SELECT pg_logical_emit_message(true, 'removed', '')");
      String written = Query.text(there, "SELECT pg_current_wal_flush_lsn()");
      long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
      while (!replayed(written)) {
        assertThat(System.nanoTime()).as("the standby follows").isLessThan(deadline);
        Thread.onSpinWait();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean replayed(String position) throws SQLException {
    try (var here = standby.connect("shop")) {
      String sql = "SELECT pg_last_wal_replay_lsn() >= " + SqlText.literal(position);
      return Query.text(here, sql).equals("t");
    } catch (SQLException e) {
      // This session's own snapshot can be in the way as well, even while it begins.
      if ("40001".equals(e.getSQLState())) {
        return false;
      }
      throw e;
    }
  }

  private PullReport pull(PostgresServer server, PullOptions options, PullListener listener) {
    return Source.at(SourceAddress.parse(server.superuserUrl("shop")))
        .pull(
            new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
            options,
            listener);
  }
}
