package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A source that bounds what it keeps of its log for a slot. */
class KeptLogIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path spool;

  private static PostgresServer source;
  private static PostgresServer engine;

  @BeforeAll
  static void start() throws SQLException {
    source = PostgresServer.start("postgres", "wal_level=logical");
    engine = PostgresServer.start("coppice");
    source.execute("postgres", "CREATE DATABASE shop");
    source.execute("shop", "CREATE TABLE item (id int PRIMARY KEY)");
  }

  @AfterAll
  static void stop() {
    engine.close();
    source.close();
  }

  @BeforeEach
  void bound() throws SQLException {
    keep("128MB");
  }

  private static void keep(String most) throws SQLException {
    source.execute("shop", "ALTER SYSTEM SET max_slot_wal_keep_size = '" + most + "'");
    source.execute("shop", "SELECT pg_reload_conf()");
  }

  @Test
  void thatASlotIsAboutToBeLostIsToldBefore() throws Exception {
    try (FollowedBase base =
            FollowedBase.pull(
                source.superuserUrl("shop"), engine, "shop", spool, Optional.empty());
        Connection open = source.connect("shop")) {
      base.start();
      KeptLog enough = await(base, log -> log.leftBytes().isPresent());
      assertThat(enough.warning()).isEmpty();
      assertThat(enough.leftBytes().orElseThrow()).isBetween(100L << 20, 160L << 20);

      // The slot holds back the log from there on, however far the base is.
      open.setAutoCommit(false);
      Query.run(open, "INSERT INTO item VALUES (1)");
      writeLogUntil("safe_wal_size < 32 * 1024 * 1024");
      KeptLog scarce = await(base, log -> log.warning().isPresent());
      assertThat(scarce.warning().orElseThrow())
          .contains("MB more of its log", "max_slot_wal_keep_size = '256 MB'");

      writeLogUntil("wal_status = 'unreserved'");
      KeptLog none = await(base, log -> log.status().equals("unreserved"));
      assertThat(none.warning().orElseThrow()).contains("at its next checkpoint");

      keep("1GB");
      assertThat(await(base, log -> log.warning().isEmpty()).status()).isNotEqualTo("unreserved");
      open.commit();
      base.requireCaughtUp(PATIENCE);
      base.requireEqual(source, "shop");
    }
  }

  @Test
  void theCheckSaysThatTheBoundIsSmall() {
    SourceCheck check = Source.at(SourceAddress.parse(source.superuserUrl("shop"))).check();

    assertThat(check.items())
        .filteredOn(item -> item.what().equals("following: log kept"))
        .singleElement()
        .satisfies(item -> {
          assertThat(item.outcome()).isEqualTo(CheckItem.Outcome.WARNING);
          assertThat(item.detail()).contains("up to 128 MB", "That is little");
          assertThat(item.remedy()).contains("max_slot_wal_keep_size");
        });
  }

  /** What the follower knows of it, once that is so. */
  private static KeptLog await(FollowedBase base, Predicate<KeptLog> expected) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      Optional<KeptLog> log = base.follower().position().log();
      if (log.filter(expected).isPresent()) {
        return log.get();
      }
      assertThat(System.nanoTime()).as("%s", log).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static void writeLogUntil(String condition) throws SQLException {
    try (Connection session = source.connect("shop")) {
      String sql = "SELECT pg_switch_wal()::text FROM pg_logical_emit_message(false, 'fill', 'x')";
      do {
        Query.text(session, sql);
      } while (Query.text(session, "SELECT count(*) FROM pg_replication_slots WHERE " + condition)
          .equals("0"));
    }
  }
}
