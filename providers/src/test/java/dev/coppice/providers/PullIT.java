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

  /** Values that a binary form could lose, and a table so small that it is vacuumed instead. */
  private static final String EVERY_BINARY_TYPE =
      """
      CREATE TYPE mood AS ENUM ('glad', 'so-so');
      CREATE TABLE every_type (
        id bigint, small int2, whole int4, object oid, yes bool,
        real4 float4, real8 float8, exact numeric, money numeric(12, 3), line text,
        short varchar(9), padded char(7), letter "char", label name, bytes bytea, raw json,
        parsed jsonb, day date, clock time, zoned timetz, moment timestamp, instant timestamptz,
        span interval, key uuid, address inet, net cidr, card macaddr, feeling mood,
        grid int4[], words text[], doubled bigint GENERATED ALWAYS AS (id * 2) STORED);
      INSERT INTO every_type VALUES
        (1, -32768, -2147483648, 4294967295, true, '-0', 'NaN', 'NaN', -0.001, E'tab\\t\\\\N\\n',
         'ü€', 'x', 'c', 'lab', '\\x00ff0a', '{"a": 1,  "a":2}', '{"b": [1, null]}', '4713-01-01 BC',
         '24:00', '23:59:59.999999-15:59', '-infinity', 'infinity', '-3 mons 4 days -0.000001 s',
         '00000000-0000-0000-0000-000000000000', '10.1.2.3/8', '10.0.0.0/8', '08:00:2b:01:02:03',
         'so-so', '[2:3][-1:0]={{1,NULL},{3,4}}', '{NULL,"NULL","",\"\\\"\"}'),
        (2, 32767, 2147483647, 0, false, 'Infinity', '4.9e-324', 1e-300, 123456789.125, '',
         '', '', '', '', '', '0', '"s"', 'infinity', '00:00', '00:00+15:59', '294276-12-31',
         '4713-01-01 00:00 BC', '178000000 years', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '::1',
         '::/0', 'ff:ff:ff:ff:ff:ff', 'glad', '{}', '{}');
      INSERT INTO every_type (id) VALUES (3)
      """;

  private static final PullExtent WHOLE = PullExtent.EVERYTHING;

  @AutoClose private static PostgresServer source;
  @AutoClose private static PostgresServer engine;

  @BeforeAll
  static void start() throws SQLException {
    source = PostgresServer.start("postgres", "work_mem=13MB", "timezone=Asia/Tokyo");
    engine =
        PostgresServer.start(
            "coppice", "wal_level=minimal", "max_wal_senders=0", "timezone=Asia/Tokyo");
    source.execute("postgres", "CREATE ROLE app LOGIN PASSWORD 'app'");
    source.execute("postgres", "CREATE DATABASE shop OWNER app");
    source.execute("postgres", "CREATE ROLE reader LOGIN PASSWORD 'reader'");
    source.tool("shop", "pgbench", "-i", "-q", "-s", "5", "--foreign-keys");
    source.execute("shop", EVERY_BINARY_TYPE);
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
  void tablesOfOrdinaryTypesTravelInBinary() throws SQLException {
    try (Connection session = source.connect("shop")) {
      assertThat(TableCatalog.read(session, WHOLE, new Fidelity()))
          .isNotEmpty()
          .allMatch(SourceTable::binary);
      Query.run(
          session,
          """
          CREATE TEMP TABLE unused (a int);
          CREATE TYPE pair AS (a int, b int);
          CREATE DOMAIN positive AS int CHECK (VALUE > 0);
          CREATE TABLE with_pair (a pair);
          CREATE TABLE with_domain (a positive);
          CREATE TABLE with_enums (a mood[]);
          CREATE TABLE with_range (a int4range)
          """);
      assertThat(TableCatalog.read(session, WHOLE, new Fidelity()))
          .filteredOn(table -> table.name().startsWith("with_"))
          .hasSize(4)
          .noneMatch(SourceTable::binary);
      Query.run(
          session,
          "DROP TABLE with_pair, with_domain, with_enums, with_range; DROP TYPE pair, positive");
    }
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

    assertThat(report.rows()).isEqualTo(500_058);
    assertThat(report.tables()).isEqualTo(5);
    assertThat(report.fidelity()).hasSize(1);
    assertThat(engine.dump("shop")).isEqualTo(source.dump("shop"));
    try (Connection session = engine.connect("shop")) {
      assertThat(
              Query.list(
                  session,
                  "SELECT relname FROM pg_class WHERE relallvisible <> relpages AND relkind = 'r'"
                      + " AND relnamespace = 'public'::regnamespace",
                  row -> row.getString(1)))
          .as("tables that a branch's autovacuum would write to")
          .isEmpty();
      assertThat(
              Query.text(
                  session, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname='shop'"))
          .isEqualTo("app");
    }
  }
}
