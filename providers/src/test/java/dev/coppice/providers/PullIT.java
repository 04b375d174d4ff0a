package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PullIT {

  @AutoClose private static PostgresServer source;
  @AutoClose private static PostgresServer engine;

  @BeforeAll
  static void start() throws SQLException {
    source = PostgresServer.start("postgres", "work_mem=13MB", "timezone=Asia/Tokyo");
    engine = PostgresServer.start("coppice", "wal_level=minimal", "max_wal_senders=0");
    source.execute("postgres", "CREATE ROLE app LOGIN PASSWORD 'app'");
    source.execute("postgres", "CREATE DATABASE shop OWNER app");
    source.execute("postgres", "CREATE ROLE reader LOGIN PASSWORD 'reader'");
    source.tool("shop", "pgbench", "-i", "-q", "-s", "5", "--foreign-keys");
    source.execute("shop", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
  }

  @Test
  void factsHoldTheServersOwnSettings() {
    SourceAddress address = SourceAddress.parse(source.url("reader", "reader", "shop"));

    SourceCheck check = Source.at(address).check();

    assertThat(check.passed()).as(check.items().toString()).isTrue();
    assertThat(check.facts().owner()).isEqualTo("app");
    assertThat(check.facts().encoding()).isEqualTo("UTF8");
    assertThat(check.facts().localeProvider()).isEqualTo("libc");
    assertThat(check.facts().settings())
        .containsEntry("work_mem", "13312kB")
        .containsEntry("TimeZone", "Asia/Tokyo")
        .doesNotContainKeys("max_connections", "statement_timeout");
  }

  @Test
  void pullsPgbenchAsAnOrdinaryRole() throws SQLException {
    List<PullEvent> events = new CopyOnWriteArrayList<>();
    SourceAddress address = SourceAddress.parse(source.url("reader", "reader", "shop"));

    PullReport report =
        Source.at(address)
            .pull(
                new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
                new PullOptions(2),
                events::add);

    assertThat(report.rows()).isEqualTo(500_055);
    assertThat(report.tables()).isEqualTo(4);
    assertThat(report.fidelity()).hasSize(1);
    assertThat(engine.dump("shop")).isEqualTo(source.dump("shop"));
    try (Connection session = engine.connect("shop")) {
      assertThat(
              Query.text(
                  session,
                  "SELECT relallvisible = relpages FROM pg_class"
                      + " WHERE relname = 'pgbench_accounts'"))
          .isEqualTo("t");
      assertThat(
              Query.text(
                  session, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname='shop'"))
          .isEqualTo("app");
    }
  }
}
