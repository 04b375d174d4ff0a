package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that are altered on a source which does not record what is defined there. */
class DriftIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long SEED = Long.getLong("coppice.follow.seed", 20_261_123);

  private static final int KILLS = Integer.getInteger("coppice.follow.kills", 2);

  /** The columns, constraints and indexes of everything, as the catalogue has them. */
  private static final String DEFINITIONS =
      """
      SELECT c.oid::regclass || ' ' || string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
               || ' ' || a.attnotnull || ' ' || coalesce(pg_get_expr(d.adbin, d.adrelid), ''), ', ' ORDER BY a.attnum)
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') GROUP BY c.oid
      UNION ALL
      SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace
      UNION ALL
      SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
      WHERE c.relnamespace = 'public'::regnamespace
      ORDER BY 1
      """;

  /** A slot is being made, and waits for transactions to end. */
  private static final String MEETING =
      "SELECT EXISTS (SELECT FROM pg_replication_slots WHERE temporary)";

  private static final String WAITING = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)";

  @AutoClose private static PostgresServer source;

  @AutoClose private static PostgresServer engine;

  private FollowedBase base;
  @TempDir private Path spool;

  @BeforeAll
  static void startServers() {
    source =
        PostgresServer.start("postgres", "wal_level=logical", "logical_decoding_work_mem=64kB");
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
            CREATE TABLE item (id bigserial PRIMARY KEY, name text, price numeric DEFAULT 1, gone int,
              twice numeric GENERATED ALWAYS AS (price * 2) STORED);
            CREATE INDEX item_gone ON item (gone);
            CREATE TABLE sale (id bigserial PRIMARY KEY, item bigint NOT NULL REFERENCES item, n int);
            CREATE TABLE other (id int PRIMARY KEY, body text UNIQUE);
            CREATE VIEW named AS SELECT id, name FROM item;
            INSERT INTO item (name, price) SELECT 'n' || i, i FROM generate_series(1, 500) i;
            INSERT INTO sale (item, n) SELECT 1 + i % 500, i FROM generate_series(1, 2000) i;
            INSERT INTO other SELECT i, repeat(i::text, 10) FROM generate_series(1, 100) i;
            """);
  }

  @AfterEach
  void stop() throws SQLException {
    base.close();
  }

  @Test
  void alteredTablesAreCopiedAloneWhileRowsChange() throws Exception {
    long file = fileOfOther();
    try (Load load = new Load()) {
      for (String statement :
          List.of(
              "ALTER TABLE item ADD note text NOT NULL DEFAULT 'none', ADD CHECK (note <> '')",
              "UPDATE item SET price = 3 WHERE id = 1",
              "ALTER TABLE item DROP COLUMN gone",
              "ALTER TABLE sale ALTER n TYPE text USING 'n' || n, ADD UNIQUE (id, n)",
              "CREATE INDEX item_note ON item (note) WHERE id > 7",
              "ALTER TABLE sale ADD at timestamptz DEFAULT clock_timestamp()",
              "BEGIN; LOCK item, sale; ALTER TABLE sale DROP CONSTRAINT sale_item_fkey; COMMIT",
              "ALTER TABLE item ADD half numeric GENERATED ALWAYS AS (price / 2) STORED",
              // What went before shows with these alone: no row tells of an index.
              "ALTER TABLE item ADD last int",
              "ALTER TABLE sale ADD last int")) {
        source.execute("shop", statement);
        load.awaitMore(20);
      }
      // Rows of each that are written after the last change of their table.
      source.execute("shop", "UPDATE item SET price = 7 WHERE id < 9; UPDATE sale SET item = 3");
      base.requireCaughtUp(PATIENCE);
    }
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
    assertThat(definitions(engine)).isEqualTo(definitions(source));
    assertThat(fileOfOther()).as("the rows of the others stay").isEqualTo(file);
    assertThat(base.follower().copying()).isEmpty();
    assertThat(slots()).isEqualTo("1");
  }

  @Test
  void newTablesAreMade() throws Exception {
    long file = fileOfOther();
    source.execute(
        "shop",
        """
        CREATE TABLE "in Stock" (id serial PRIMARY KEY, shelf int NOT NULL, "n$" int CHECK ("n$" > 0));
        CREATE TABLE shelf (id int PRIMARY KEY, name text UNIQUE, item bigint REFERENCES item);
        ALTER TABLE "in Stock" ADD FOREIGN KEY (shelf) REFERENCES shelf DEFERRABLE;
        CREATE INDEX ON "in Stock" (shelf) INCLUDE ("n$");
        COMMENT ON TABLE shelf IS E'it''s\nSET transaction_timeout = 1;';
        ALTER TABLE sale ADD shelf int REFERENCES shelf;
        CREATE TABLE passing (id int PRIMARY KEY);
        INSERT INTO passing VALUES (1);
        INSERT INTO shelf SELECT i, 'shelf ' || i, i FROM generate_series(1, 50) i;
        INSERT INTO "in Stock" (shelf, "n$") SELECT 1 + i % 50, i FROM generate_series(1, 500) i;
        UPDATE sale SET shelf = id % 50 + 1;
        DROP TABLE passing;
        """);
    source.execute("shop", "UPDATE \"in Stock\" SET \"n$\" = 1 WHERE id % 7 = 0");
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
    assertThat(definitions(engine)).isEqualTo(definitions(source));
    assertThat(fileOfOther()).as("the rows of the others stay").isEqualTo(file);
    source.execute("shop", "INSERT INTO \"in Stock\" (shelf, \"n$\") VALUES (1, 9)");
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
  }

  @Test
  void constraintsThatTheSourceHasDroppedGo() throws Exception {
    source.execute(
        "shop",
        "ALTER TABLE sale ALTER item DROP NOT NULL; ALTER TABLE other DROP CONSTRAINT other_body_key");
    source.execute("shop", "INSERT INTO sale (n) VALUES (1)");
    base.requireCaughtUp(PATIENCE);
    source.execute("shop", "UPDATE other SET body = 'same'");
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
    assertThat(definitions(engine)).isEqualTo(definitions(source));
  }

  @Test
  void whatIsNotOfATableAloneEndsIt() throws SQLException {
    source.execute("shop", "ALTER TABLE other RENAME TO renamed");
    source.execute("shop", "UPDATE renamed SET body = 'x' WHERE id = 1");

    SourceException failure = base.failure(PATIENCE);

    assertThat(failure.failure()).isEqualTo(SourceFailure.DRIFTED);
    assertThat(failure).hasMessageContaining("renamed");
  }

  @Test
  void anEndInTheMiddleLeavesTheBaseAsItWas() throws Exception {
    try (Connection there = source.connect("shop");
        Connection here = engine.connect("shop")) {
      endWhile(there, "SELECT pg_current_xact_id()", source, MEETING, "x");
      endWhile(here, "LOCK sale", engine, WAITING, "z");
      endWhile(here, "LOCK other IN SHARE MODE", engine, WAITING, "w");
    }
    assertThat(definitions(engine)).isEqualTo(definitions(source));
    assertThat(slots()).isEqualTo("1");
  }

  /** Ends following when the copy has come as far as that lock lets it, and begins anew. */
  private void endWhile(
      Connection locking, String lock, PostgresServer waiting, String condition, String column)
      throws Exception {
    base.stop();
    source.execute(
        "shop",
        """
        UPDATE other SET body = 'before' || id WHERE id < 50;
        ALTER TABLE item ADD %1$s text; ALTER TABLE sale ADD %1$s int;
        UPDATE item SET %1$s = name WHERE id < 100;
        UPDATE sale SET %1$s = n; INSERT INTO sale (item, %1$s) VALUES (7, 1);
        UPDATE other SET body = 'after' || id WHERE id > 40;
        """
            .formatted(column));
    locking.setAutoCommit(false);
    Query.run(locking, lock);
    base.start();
    await(waiting, condition);
    assertThat(base.follower().copying().orElseThrow()).contains("public.item");
    base.stop();
    locking.rollback();
    locking.setAutoCommit(true);
    assertThat(columns(engine)).as("nothing has happened").doesNotContain(column);
    base.start();
    source.execute("shop", "UPDATE sale SET %1$s = 2 WHERE id %% 3 = 0".formatted(column));
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
  }

  private static void await(PostgresServer server, String condition) throws SQLException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try (Connection session = server.connect("shop")) {
      while (!Query.text(session, condition).equals("t")) {
        assertThat(System.nanoTime()).as(condition).isLessThan(deadline);
      }
    }
  }

  private static List<String> columns(PostgresServer server) throws SQLException {
    try (Connection session = server.connect("shop")) {
      return Query.list(
          session,
          "SELECT attname FROM pg_attribute WHERE attrelid = 'item'::regclass",
          row -> row.getString(1));
    }
  }

  @Test
  void endsAtRandomMomentsLoseAndRepeatNothing() throws Exception {
    Random random = new Random(SEED);
    try (Load load = new Load()) {
      for (int kill = 0; kill < KILLS; kill++) {
        source.execute("shop", "ALTER TABLE item ADD c" + kill + " int DEFAULT " + kill);
        source.execute("shop", "ALTER TABLE sale ADD c" + kill + " text");
        load.awaitMore(random.nextInt(60));
        base.stop();
        base.start();
      }
    }
    base.requireCaughtUp(PATIENCE);

    base.requireEqual(source, "shop");
    assertThat(definitions(engine)).as("seed %d", SEED).isEqualTo(definitions(source));
    assertThat(slots()).isEqualTo("1");
  }

  private long fileOfOther() throws SQLException {
    try (Connection session = engine.connect("shop")) {
      return Long.parseLong(Query.text(session, "SELECT pg_relation_filenode('other')"));
    }
  }

  private static String slots() throws SQLException {
    try (Connection session = source.connect("shop")) {
      return Query.text(session, "SELECT count(*) FROM pg_replication_slots");
    }
  }

  private static List<String> definitions(PostgresServer server) throws SQLException {
    try (Connection session = server.connect("shop")) {
      return Query.list(session, DEFINITIONS, row -> row.getString(1));
    }
  }

  /** Changes all tables at once in each of its transactions, however they are defined. */
  private static final class Load implements AutoCloseable {
    private final AtomicBoolean over = new AtomicBoolean();
    private final CompletableFuture<Void> running =
        CompletableFuture.runAsync(this::write, Thread::startVirtualThread);
    private volatile int done;

    private void write() {
      try (Connection session = source.connect("shop")) {
        for (int i = 1; !over.get(); i++) {
          Query.run(
              session,
              """
              BEGIN;
              INSERT INTO item (name) VALUES ('load %1$d');
              INSERT INTO sale (item) VALUES (%1$d %% 500 + 1);
              UPDATE item SET name = name || '!' WHERE id = 1 + %1$d %% 500;
              DELETE FROM sale WHERE id = %1$d;
              UPDATE other SET body = 'load %1$d' WHERE id = 1 + %1$d %% 100;
              COMMIT
              """
                  .formatted(i));
          done = i;
        }
      } catch (SQLException e) {
        throw new IllegalStateException(e);
      }
    }

    void awaitMore(int transactions) {
      int enough = done + transactions;
      while (done < enough && !running.isDone()) {
        Thread.onSpinWait();
      }
    }

    @Override
    public void close() {
      over.set(true);
      running.join();
    }
  }
}
