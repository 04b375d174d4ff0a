package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is defined on a source while its rows change. */
class DdlFollowIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The columns, indexes and owners of everything, as the catalogue has them. */
  private static final String DEFINITIONS =
      """
      SELECT c.oid::regclass || ' ' || c.relkind::text || ' ' || pg_get_userbyid(c.relowner) || ' '
             || coalesce(string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
                           || ' ' || a.attnotnull, ', ' ORDER BY a.attname), '')
             || coalesce(pg_get_indexdef(i.indexrelid), '') || coalesce(c.relacl::text, '')
      FROM pg_class c
      LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                              AND c.relkind <> 'i'
      LEFT JOIN pg_index i ON i.indexrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace
      GROUP BY c.oid, i.indexrelid ORDER BY 1
      """;

  @AutoClose private static PostgresServer source;

  @AutoClose private static PostgresServer engine;

  private FollowedBase base;
  @TempDir private Path spool;

  @BeforeAll
  static void startServers() throws SQLException {
    source =
        PostgresServer.start("postgres", "wal_level=logical", "logical_decoding_work_mem=64kB");
    source.execute("postgres", "CREATE ROLE shop_owner LOGIN");
    engine = PostgresServer.start("coppice");
  }

  @BeforeEach
  void start() throws SQLException {
    base =
        FollowedBase.ofShop(
            source,
            engine,
            spool,
            true,
            """
            ALTER DATABASE shop OWNER TO shop_owner;
            GRANT CREATE ON SCHEMA public TO shop_owner;
            SET ROLE shop_owner;
            CREATE TABLE item (id bigserial PRIMARY KEY, name text, price numeric, gone int);
            INSERT INTO item (name, price) SELECT 'n' || i, i FROM generate_series(1, 500) i;
            """);
  }

  @AfterEach
  void stop() throws SQLException {
    base.close();
  }

  @Test
  void definitionsArriveInOrderWhileRowsChange() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    CompletableFuture<Void> load =
        CompletableFuture.runAsync(() -> write(over), Thread::startVirtualThread);
    try (Connection session = source.connect("shop")) {
      Query.run(session, "SET ROLE shop_owner");
      for (String statement :
          List.of(
              "ALTER TABLE item ADD note text DEFAULT 'none', ADD at timestamptz NOT NULL DEFAULT now()",
              "INSERT INTO item (name, note) VALUES ('noted', 'yes')",
              "ALTER TABLE item DROP COLUMN gone",
              "ALTER TABLE item RENAME note TO remark",
              "UPDATE item SET remark = 'x' WHERE id % 5 = 0",
              "ALTER TABLE item ALTER price TYPE text USING to_char(price, 'FM9990.00')",
              "INSERT INTO item (name, price) VALUES ('priced', '1,50')",
              "CREATE TABLE part (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);"
                  + " CREATE TABLE part_eu PARTITION OF part FOR VALUES IN ('eu');"
                  + " INSERT INTO part VALUES (1, 'eu'), (2, 'eu')",
              "CREATE INDEX CONCURRENTLY item_name ON item (name)",
              "CREATE TABLE copied AS SELECT id, name FROM item WHERE id < 50",
              "ALTER TABLE copied ADD PRIMARY KEY (id)",
              "DELETE FROM copied WHERE id = 7",
              "CREATE TYPE mood AS ENUM ('well')",
              "ALTER TABLE copied ADD feels mood",
              "ALTER TYPE mood ADD VALUE 'better'",
              "UPDATE copied SET feels = 'better' WHERE id = 8",
              "DO $$ BEGIN ALTER TABLE copied ADD n int; EXECUTE 'CREATE INDEX ON copied (n)'; END $$",
              "CREATE TEMP TABLE own (x int); DROP TABLE IF EXISTS nothing; DROP TABLE own",
              "CREATE VIEW cheap AS SELECT * FROM item WHERE id < 3; GRANT SELECT ON cheap TO PUBLIC",
              "CREATE MATERIALIZED VIEW summed AS SELECT count(*) FROM copied",
              "DELETE FROM copied WHERE id = 9",
              "REFRESH MATERIALIZED VIEW summed",
              "BEGIN; CREATE TABLE undone (i int PRIMARY KEY); ROLLBACK",
              "BEGIN; CREATE TABLE kept (i int PRIMARY KEY); SAVEPOINT s; ALTER TABLE kept ADD j int;"
                  + " ROLLBACK TO s; INSERT INTO kept SELECT generate_series(1, 3000); COMMIT",
              "ALTER TABLE kept RENAME TO stays",
              "INSERT INTO stays VALUES (0)",
              "ALTER TABLE item ADD last text")) {
        Query.run(session, statement);
      }
    } finally {
      over.set(true);
      load.join();
    }
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
    assertThat(definitions(engine)).isEqualTo(definitions(source));
    try (Connection there = source.connect("shop");
        Connection here = engine.connect("shop")) {
      assertThat(Query.text(here, "SELECT count FROM summed"))
          .isEqualTo(Query.text(there, "SELECT count FROM summed"));
      assertThat(Query.text(there, "SELECT count(*) FROM coppice_0123456789ab.recorded_ddl"))
          .isEqualTo("0");
      assertThat(Query.text(here, "SELECT count(*) FROM pg_event_trigger")).isEqualTo("0");
    }
  }

  private static void write(AtomicBoolean over) {
    try (Connection session = source.connect("shop")) {
      for (int i = 1; !over.get(); i++) {
        Query.run(session, "INSERT INTO item (name) VALUES ('load " + i + "')");
        Query.run(session, "UPDATE item SET name = name || '!' WHERE id = " + (1 + i % 500));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<String> definitions(PostgresServer server) throws SQLException {
    try (Connection session = server.connect("shop")) {
      return Query.list(session, DEFINITIONS, row -> row.getString(1));
    }
  }

  @Test
  void aNewTableJoinsAPublicationOfSomeTables() throws SQLException {
    base.close();
    source.execute("shop", "CREATE TABLE bare (a int)");
    base =
        FollowedBase.pull(
            source.superuserUrl("shop"), engine, "shop", spool, Optional.empty(), true);
    base.start();

    source.execute(
        "shop", "CREATE TABLE fresh (id int PRIMARY KEY); INSERT INTO fresh VALUES (1), (2)");
    source.execute("shop", "UPDATE fresh SET id = 3 WHERE id = 1; INSERT INTO item DEFAULT VALUES");
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
  }

  @Test
  void whatHasAnotherOutcomeHereEndsIt() throws SQLException {
    source.execute("shop", "ALTER TABLE item ADD token uuid DEFAULT gen_random_uuid()");

    SourceException failure = base.failure(PATIENCE);

    assertThat(failure.failure()).isEqualTo(SourceFailure.DRIFTED);
    assertThat(failure).hasMessageContaining("ALTER TABLE").hasMessageContaining("own");
  }

  @Test
  void afterAKillTheSameStatementComesAgain() throws SQLException {
    for (int i = 0; i < 4; i++) {
      source.execute("shop", "ALTER TABLE item ADD c" + i + " int DEFAULT " + i);
      base.stop();
      source.execute(
          "shop", "INSERT INTO item (name) VALUES ('between'); CREATE INDEX ON item (c" + i + ")");
      base.start();
    }
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
    assertThat(definitions(engine)).isEqualTo(definitions(source));
  }

  @Test
  void itsRecorderGoesWithItsSlot() throws SQLException {
    base.close();

    assertThat(
            source
                .tool(
                    "shop",
                    "psql",
                    "-Atc",
                    "SELECT count(*) FROM pg_event_trigger UNION SELECT count(*) FROM pg_namespace"
                        + " WHERE nspname LIKE 'coppice%'")
                .strip())
        .isEqualTo("0");
  }
}
