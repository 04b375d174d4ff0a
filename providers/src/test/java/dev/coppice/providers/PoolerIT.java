package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coppice.providers.testing.PgBouncer;
import dev.coppice.providers.testing.PostgresServer;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A pooler that hands one session to several clients cannot hold a snapshot. */
class PoolerIT {

  @AutoClose private static PostgresServer server;
  @AutoClose private static PostgresServer engine;

  @BeforeAll
  static void start() throws SQLException {
    assumeTrue(PgBouncer.installed(), "pgbouncer is not installed: apt-get install pgbouncer");
    server = PostgresServer.start("postgres", "wal_level=logical");
    engine = PostgresServer.start("coppice");
    server.execute("postgres", "CREATE ROLE reader LOGIN REPLICATION PASSWORD 'reader'");
    server.execute("postgres", "CREATE DATABASE shop");
    server.execute(
        "shop",
        "CREATE TABLE item AS SELECT g FROM generate_series(1, 100) g; GRANT SELECT ON item TO"
            + " reader");
  }

  @Test
  void sharedSessionsAreRefused() throws IOException, SQLException {
    for (String mode : new String[] {"transaction", "statement"}) {
      try (PgBouncer pooler = PgBouncer.start(server, mode, "reader", "reader")) {
        Source source = Source.at(SourceAddress.parse(pooler.url("reader", "reader", "shop")));

        assertThat(source.check().failure()).as(mode).contains(SourceFailure.POOLER);
        SourceException e =
            catchThrowableOfType(
                SourceException.class,
                () -> source.pull(target(), PullOptions.standard(), event -> {}));
        assertThat(e.failure()).isEqualTo(SourceFailure.POOLER);
        assertThat(e.hint()).contains("port 5432");
        assertThat(databases()).isZero();
      }
    }
  }

  @Test
  void sessionsOfTheirOwnArePulledWithAWarning() throws IOException {
    try (PgBouncer pooler = PgBouncer.start(server, "session", "reader", "reader")) {
      SourceCheck check =
          Source.at(SourceAddress.parse(pooler.url("reader", "reader", "shop"))).check();

      assertThat(check.passed()).isTrue();
      assertThat(check.items())
          .filteredOn(item -> item.outcome() == CheckItem.Outcome.WARNING)
          .extracting(CheckItem::what)
          .contains("connection");
    }
  }

  @Test
  void oneThatPassesNoReplicationOnIsPulledOnce() throws IOException, SQLException {
    server.execute("shop", "CREATE PUBLICATION coppice FOR TABLE item");
    try (PgBouncer pooler = PgBouncer.start(server, "session", "reader", "reader")) {
      PullReport report =
          Source.at(SourceAddress.parse(pooler.url("reader", "reader", "shop")))
              .pull(
                  target(),
                  PullOptions.standard().following(new FollowWish("coppice_1", Optional.empty())),
                  event -> {});

      assertThat(report.rows()).isEqualTo(100);
      assertThat(report.follow()).isEmpty();
      assertThat(report.fidelity())
          .filteredOn(note -> note.kind().equals("following"))
          .singleElement()
          .satisfies(note -> assertThat(note.reason()).contains("cannot be followed"));
    } finally {
      engine.execute("postgres", "DROP DATABASE IF EXISTS shop; DROP ROLE IF EXISTS reader");
    }
  }

  private static LocalEngine target() {
    return new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser());
  }

  private static long databases() throws SQLException {
    try (var session = engine.connect("postgres")) {
      return Long.parseLong(
          Query.text(session, "SELECT count(*) FROM pg_database WHERE datname = 'shop'"));
    }
  }
}
