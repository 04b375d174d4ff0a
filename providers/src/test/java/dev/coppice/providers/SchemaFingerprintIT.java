package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.profile.Provider;
import dev.coppice.providers.profile.Providers;
import dev.coppice.providers.testing.LookAlike;
import dev.coppice.providers.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What of a database's definitions was altered, and that nothing else is taken for it. */
class SchemaFingerprintIT {

  @AutoClose private static PostgresServer server;

  @BeforeAll
  static void startServer() {
    server = PostgresServer.start("postgres");
  }

  @BeforeEach
  void fill() throws SQLException {
    server.execute("postgres", "DROP DATABASE IF EXISTS shop WITH (FORCE)");
    server.execute("postgres", "CREATE DATABASE shop");
    server.execute(
        "shop",
        """
        DROP ROLE IF EXISTS clerk;
        CREATE ROLE clerk;
        CREATE EXTENSION pg_trgm;
        CREATE TYPE colour AS ENUM ('red', 'green');
        CREATE DOMAIN price AS numeric CHECK (VALUE >= 0);
        CREATE TYPE size AS (width int, height int);
        CREATE TABLE item (id bigserial PRIMARY KEY, name text, cost price DEFAULT 1, hue colour,
          twice numeric GENERATED ALWAYS AS (length(name) * 2) STORED, code text UNIQUE);
        CREATE INDEX item_name ON item (lower(name)) WHERE id > 7;
        CREATE STATISTICS item_pair ON name, code FROM item;
        CREATE TABLE "in Stock" (item bigint REFERENCES item, n int CHECK (n > 0), at date NOT NULL);
        CREATE TABLE sale (id int, day date, item bigint REFERENCES item, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
        CREATE TABLE sale_1 PARTITION OF sale FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
        CREATE INDEX sale_item ON sale (item);
        CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE FUNCTION twice(n int, t text) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
        CREATE TRIGGER touch BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE TRIGGER touch_sale BEFORE UPDATE ON sale FOR EACH ROW EXECUTE FUNCTION touch();
        CREATE POLICY mine ON item USING (name = current_user);
        CREATE VIEW named AS SELECT id, name FROM item;
        CREATE MATERIALIZED VIEW total AS SELECT count(*) AS items FROM item;
        CREATE SEQUENCE number;
        CREATE RULE quiet AS ON DELETE TO "in Stock" DO INSTEAD NOTHING;
        GRANT SELECT ON item TO clerk;
        GRANT UPDATE (name) ON item TO clerk;
        INSERT INTO item (name) SELECT 'n' || i FROM generate_series(1, 500) i;
        INSERT INTO sale SELECT i, '2026-01-01', i FROM generate_series(1, 100) i;
        """);
  }

  static Stream<Arguments> alterations() {
    return Stream.of(
        alteration(
            "ALTER TABLE item ADD note text NOT NULL DEFAULT ''",
            "column note of public.item is new"),
        alteration(
            "ALTER TABLE item DROP COLUMN code",
            "column code of public.item is gone",
            "constraint item_code_key of public.item is gone",
            "statistics item_pair of public.item is gone"),
        alteration(
            "ALTER TABLE \"in Stock\" ALTER n TYPE bigint",
            "column n of public.\"in Stock\" is another",
            "constraint \"in Stock_n_check\" of public.\"in Stock\" is another"),
        alteration(
            "ALTER TABLE item DROP COLUMN hue, ADD COLUMN hue colour",
            "column hue of public.item is another"),
        alteration(
            "ALTER TABLE item RENAME name TO title",
            "column name of public.item is gone",
            "column title of public.item is new"),
        alteration(
            "ALTER TABLE item ALTER cost SET DEFAULT 2", "default cost of public.item is another"),
        alteration(
            "ALTER TABLE \"in Stock\" ALTER at DROP NOT NULL",
            "not-null constraint at of public.\"in Stock\" is gone"),
        alteration(
            "CREATE INDEX CONCURRENTLY late ON item (hue)", "index late of public.item is new"),
        alteration("DROP INDEX item_name", "index item_name of public.item is gone"),
        alteration(
            "DROP INDEX item_name; CREATE INDEX item_name ON item (lower(name)) WHERE id > 8",
            "index item_name of public.item is another"),
        alteration("CREATE INDEX ON total (items)", "index total_items_idx of public.total is new"),
        alteration(
            "ALTER TABLE item ADD UNIQUE (name)", "constraint item_name_key of public.item is new"),
        alteration(
            "ALTER TABLE \"in Stock\" DROP CONSTRAINT \"in Stock_n_check\"",
            "constraint \"in Stock_n_check\" of public.\"in Stock\" is gone"),
        alteration(
            "ALTER TABLE item ADD CHECK (id > 0) NOT VALID",
            "constraint item_id_check of public.item is new"),
        alteration(
            "ALTER TABLE item DISABLE TRIGGER touch", "trigger touch of public.item is another"),
        alteration("DROP TRIGGER touch ON item", "trigger touch of public.item is gone"),
        alteration(
            "ALTER POLICY mine ON item USING (true)", "policy mine of public.item is another"),
        alteration(
            "ALTER TABLE item ENABLE ROW LEVEL SECURITY", "row security of public.item is new"),
        alteration("ALTER TABLE item SET (fillfactor = 70)", "options of public.item is another"),
        alteration(
            "ALTER TABLE item OWNER TO clerk",
            "grants of public.item is another",
            "grants of column name of public.item is another",
            "options of public.item is another",
            "sequence item_id_seq of public.item is another"),
        alteration("DROP RULE quiet ON \"in Stock\"", "rule quiet of public.\"in Stock\" is gone"),
        alteration("DROP STATISTICS item_pair", "statistics item_pair of public.item is gone"),
        alteration(
            "CREATE TABLE late (id serial PRIMARY KEY, n int DEFAULT 1); GRANT SELECT ON late TO clerk",
            "table public.late is new"),
        alteration("DROP TABLE \"in Stock\"", "table public.\"in Stock\" is gone"),
        alteration(
            "DROP TABLE \"in Stock\"; CREATE TABLE \"in Stock\" (item bigint REFERENCES item,"
                + " n int CHECK (n > 0), at date NOT NULL);"
                + " CREATE RULE quiet AS ON DELETE TO \"in Stock\" DO INSTEAD NOTHING",
            "table public.\"in Stock\" is another"),
        alteration(
            "CREATE TABLE sale_2 PARTITION OF sale FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
            "table public.sale_2 is new"),
        alteration(
            "ALTER TABLE sale DETACH PARTITION sale_1",
            "partitioning of public.sale_1 is gone",
            "constraint sale_1_pkey of public.sale_1 is new",
            "constraint sale_item_fkey of public.sale_1 is new",
            "index sale_1_item_idx of public.sale_1 is new"),
        alteration(
            "CREATE OR REPLACE VIEW named AS SELECT id, name, hue FROM item",
            "view public.named is another"),
        alteration("CREATE VIEW late AS SELECT 1 AS n", "view public.late is new"),
        alteration("DROP MATERIALIZED VIEW total", "materialized view public.total is gone"),
        alteration(
            "CREATE OR REPLACE FUNCTION twice(n int, t text) RETURNS int LANGUAGE sql AS 'SELECT n + n'",
            "function public.twice(int4, text) is another"),
        alteration(
            "CREATE PROCEDURE work() LANGUAGE sql AS 'SELECT 1'", "procedure public.work() is new"),
        alteration(
            "CREATE AGGREGATE most(int) (sfunc = int4larger, stype = int)",
            "aggregate public.most(int4) is new"),
        alteration("ALTER TYPE colour ADD VALUE 'blue'", "type public.colour is another"),
        alteration("ALTER DOMAIN price ADD CHECK (VALUE < 9)", "type public.price is another"),
        alteration("ALTER TYPE size ADD ATTRIBUTE depth int", "type public.size is another"),
        alteration("CREATE TYPE span AS RANGE (subtype = int)", "type public.span is new"),
        alteration("ALTER SEQUENCE number INCREMENT 2", "sequence public.number is another"),
        alteration("GRANT INSERT ON item TO clerk", "grants of public.item is another"),
        alteration(
            "REVOKE UPDATE (name) ON item FROM clerk",
            "grants of column name of public.item is gone"),
        alteration(
            "GRANT EXECUTE ON FUNCTION twice TO clerk",
            "grants of public.twice(int4, text) is new"),
        alteration("GRANT USAGE ON TYPE colour TO clerk", "grants of public.colour is new"),
        alteration("REVOKE ALL ON SCHEMA public FROM public", "grants of public is another"),
        alteration(
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO clerk",
            "default grants public.postgres r is new"),
        alteration("CREATE SCHEMA office", "schema office is new"),
        alteration("CREATE EXTENSION hstore", "extension hstore is new"),
        alteration(
            "CREATE FUNCTION seen() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
                + " CREATE EVENT TRIGGER seen ON sql_drop EXECUTE FUNCTION seen()",
            "event trigger seen is new",
            "function public.seen() is new"));
  }

  private static Arguments alteration(String statements, String... expected) {
    return Arguments.of(statements, List.of(expected));
  }

  @ParameterizedTest
  @MethodSource("alterations")
  void whatIsAlteredIsNamed(String statements, List<String> expected) throws SQLException {
    SchemaFingerprint before = read();

    for (String statement : statements.split("; *(?=[A-Z])", -1)) {
      server.execute("shop", statement);
    }

    assertThat(read().since(before))
        .extracting(DefinitionChange::readable)
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void whatNobodyAltersIsNotNamed() throws SQLException {
    SchemaFingerprint before = read();
    for (String statement :
        List.of(
            "INSERT INTO item (name) SELECT 'more' FROM generate_series(1, 5000)",
            "UPDATE item SET name = 'other'",
            "VACUUM FULL",
            "ANALYZE",
            "REINDEX DATABASE shop",
            "REINDEX TABLE CONCURRENTLY item",
            "REINDEX INDEX CONCURRENTLY item_name",
            "CREATE OR REPLACE VIEW named AS   SELECT id,   name FROM item",
            "REINDEX INDEX CONCURRENTLY sale_1_item_idx",
            "CLUSTER item USING item_pkey",
            "REFRESH MATERIALIZED VIEW total",
            "SELECT nextval('number'), setval('item_id_seq', 99999)",
            "CREATE TEMP TABLE passing AS SELECT * FROM item",
            "TRUNCATE \"in Stock\"",
            "COMMENT ON TABLE item IS 'things'",
            "VACUUM (FREEZE, ANALYZE)")) {
      server.execute("shop", statement);
    }

    assertThat(read().since(before)).isEmpty();
  }

  @Test
  void partitionsThatAreAttachedAreNewAndNothingElse() throws SQLException {
    SchemaFingerprint before = read();
    server.execute(
        "shop",
        """
        CREATE TABLE sale_2 (LIKE sale INCLUDING ALL);
        ALTER TABLE sale ATTACH PARTITION sale_2 FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
        INSERT INTO sale VALUES (1, '2026-02-02', 1)
        """);

    assertThat(read().since(before))
        .extracting(DefinitionChange::readable)
        .containsExactly("table public.sale_2 is new");
  }

  @Test
  void tablesThatAreLockedAndBeingAlteredDelayNothing() throws SQLException {
    SchemaFingerprint before = read();
    try (Connection altering = server.connect("shop")) {
      altering.setAutoCommit(false);
      Query.run(altering, "LOCK item, \"in Stock\", sale, named IN ACCESS EXCLUSIVE MODE");
      Query.run(altering, "ALTER TABLE item DROP COLUMN name CASCADE");

      assertThat(read().since(before)).isEmpty();
      altering.rollback();
    }
  }

  @Test
  void aTransactionSeesWhatWasDefinedAtItsSnapshot() throws SQLException {
    try (Connection copying = server.connect("shop")) {
      Query.run(copying, "SET search_path = ''");
      Query.run(copying, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      SchemaFingerprint before = read(copying, Providers.GENERIC);
      server.execute(
          "shop",
          "ALTER TABLE item ADD n int; DROP VIEW named; DROP FUNCTION twice; DROP TYPE size");

      assertThat(read(copying, Providers.GENERIC).since(before)).isEmpty();
      assertThat(read().since(before)).hasSize(4);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRoleThatAHostGivesMayReadIt(LookAlike host) throws SQLException {
    try (PostgresServer hosted = host.start();
        PullScope scope = new PullScope()) {
      Approach approach =
          Approach.to(SourceAddress.parse(host.url(hosted)).parts(), Optional.empty());
      Connection session = new SourceSessions(approach, scope).open();
      Query.run(session, SchemaFingerprint.BOUNDS);
      Provider provider = ProviderDetection.detect(session);
      SchemaFingerprint before = read(session, provider);
      String[] table = host.table().split("\\.", -1);
      assertThat(before.definitions())
          .anyMatch(known ->
              known.kind().equals("column")
                  && known.schema().equals(table[0])
                  && known.relation().equals(table[1]));

      hosted.execute(host.database(), "ANALYZE");
      assertThat(read(session, provider).since(before)).isEmpty();
      hosted.execute(host.database(), "CREATE INDEX late ON " + host.table() + " ((1))");
      assertThat(read(session, provider).since(before))
          .extracting(DefinitionChange::readable)
          .containsExactly("index late of " + host.table() + " is new");
    }
  }

  private static SchemaFingerprint read() throws SQLException {
    try (Connection session = server.connect("shop")) {
      Query.run(session, "SET search_path = ''");
      Query.run(session, SchemaFingerprint.BOUNDS);
      return read(session, Providers.GENERIC);
    }
  }

  private static SchemaFingerprint read(Connection session, Provider provider) throws SQLException {
    return SchemaFingerprint.read(session, provider, PullExtent.read(session, provider));
  }
}
