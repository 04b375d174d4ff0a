package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Generated columns that are altered on a source which does not record what is defined there. */
class GeneratedDriftIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String COLUMNS =
      """
      SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
             || a.attgenerated::text || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), '')
      FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = 'item'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
      """;

  @AutoClose private static PostgresServer source;

  @AutoClose private static PostgresServer engine;

  private FollowedBase base;
  @TempDir private Path spool;

  @BeforeAll
  static void startServers() {
    source = PostgresServer.start("postgres", "wal_level=logical");
    engine = PostgresServer.start("coppice");
  }

  @BeforeEach
  void start() throws SQLException {
    base =
        FollowedBase.ofShop(
            source,
            engine,
            spool,
            false,
            """
            CREATE TABLE item (id int PRIMARY KEY, price numeric(8, 2) NOT NULL, half numeric
              GENERATED ALWAYS AS (price / 2) STORED, name text, twice numeric GENERATED ALWAYS AS (price * 2) STORED);
            CREATE INDEX item_twice ON item (twice);
            INSERT INTO item (id, price, name) SELECT i, i, 'n' || i FROM generate_series(1, 200) i;
            """);
  }

  @AfterEach
  void stop() throws SQLException {
    base.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ADD loud text GENERATED ALWAYS AS (upper(name)) STORED UNIQUE",
        "ADD loud text COLLATE \"C\" NOT NULL GENERATED ALWAYS AS (coalesce(upper(name), '')) STORED",
        "ADD n int DEFAULT 4, ADD square int GENERATED ALWAYS AS (id * id) STORED, ADD m int",
        "ADD n int DEFAULT 4; ALTER TABLE item ADD cube int GENERATED ALWAYS AS (n * n * n) STORED",
        "DROP half",
        "DROP price CASCADE; ALTER TABLE item ADD price int DEFAULT 1",
        "ALTER half DROP EXPRESSION",
        "DROP twice, ADD twice numeric GENERATED ALWAYS AS (price + price) STORED",
        "DROP half, ADD half numeric GENERATED ALWAYS AS (price / 2) STORED",
        "DROP half, ADD half numeric GENERATED ALWAYS AS (price / 2) STORED CHECK (half > 0), ADD n int",
        "DROP twice, ADD twice numeric DEFAULT 7",
        "DROP name, ADD name text GENERATED ALWAYS AS ('n' || id) STORED",
        "DROP half, DROP twice, ALTER price TYPE bigint,"
            + " ADD twice numeric GENERATED ALWAYS AS (price * 2) STORED",
        "ALTER half TYPE numeric(12, 4)",
        "ALTER twice SET NOT NULL",
      })
  void theTableIsCopiedAlone(String alteration) throws Exception {
    source.execute("shop", "ALTER TABLE item " + alteration);
    // Which the stream tells of: it does not know generated columns.
    source.execute("shop", "ALTER TABLE item ADD told int");
    source.execute(
        "shop", "UPDATE item SET told = id WHERE id % 3 = 0; DELETE FROM item WHERE id = 1");
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
    assertThat(columns(engine)).isEqualTo(columns(source));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ADD loud text GENERATED ALWAYS AS (upper(name)) STORED",
        "DROP half, DROP twice",
        "DROP half, ADD third numeric GENERATED ALWAYS AS (price / 3) STORED",
        "ALTER twice DROP EXPRESSION",
      })
  void theNextRowTellsOfItAlone(String alteration) throws Exception {
    source.execute("shop", "UPDATE item SET name = 'before' WHERE id = 1");
    base.requireCaughtUp(PATIENCE);
    source.execute("shop", "ALTER TABLE item " + alteration);
    source.execute("shop", "UPDATE item SET name = 'after' WHERE id = 2");
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
    assertThat(columns(engine)).isEqualTo(columns(source));
  }

  @Test
  void aTableThatIsGoneTellsNothing() throws Exception {
    base.stop();
    source.execute("shop", "UPDATE item SET name = 'last' WHERE id = 1");
    source.execute("shop", "DROP TABLE item");
    base.start();
    base.requireCaughtUp(PATIENCE);

    try (Connection here = engine.connect("shop")) {
      assertThat(Query.text(here, "SELECT name FROM item WHERE id = 1")).isEqualTo("last");
    }
  }

  private static List<String> columns(PostgresServer server) throws SQLException {
    try (Connection session = server.connect("shop")) {
      return Query.list(session, COLUMNS, row -> row.getString(1));
    }
  }
}
