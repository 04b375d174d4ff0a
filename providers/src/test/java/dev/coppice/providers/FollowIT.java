package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FollowIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

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
            CREATE TABLE item (
              id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(40), body text,
              doubled bigint GENERATED ALWAYS AS (id * 2) STORED);
            ALTER TABLE item ALTER body SET STORAGE EXTERNAL;
            CREATE TABLE loose (a int, b text, c numeric, d json);
            ALTER TABLE loose REPLICA IDENTITY FULL;
            CREATE TABLE part (id int, region text, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
            CREATE TABLE part_eu PARTITION OF part FOR VALUES IN ('eu');
            CREATE TABLE part_us PARTITION OF part FOR VALUES IN ('us');
            CREATE TABLE counted (k text PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, big text);
            INSERT INTO counted (k) VALUES ('a'), ('b');
            CREATE TABLE child (id int PRIMARY KEY, item bigint REFERENCES item);
            CREATE TYPE mood AS ENUM ('well', 'ill');
            CREATE TYPE pair AS (a int, b mood);
            CREATE DOMAIN positive AS int CHECK (VALUE > 0);
            CREATE TABLE typed (id positive PRIMARY KEY, felt mood, had pair[]);
            CREATE UNLOGGED TABLE cache (k int PRIMARY KEY, v text);
            CREATE UNLOGGED TABLE cached (k int REFERENCES cache);
            INSERT INTO cache VALUES (1, 'old'), (2, 'goes');
            INSERT INTO cached VALUES (1);
            SELECT lo_from_bytea(101, 'stays'), lo_from_bytea(102, 'goes'), lo_from_bytea(103, 'old');
            CREATE MATERIALIZED VIEW total AS SELECT count(*) FROM counted;
            INSERT INTO item (name, body) SELECT 'n' || i, repeat(i::text, 3000) FROM generate_series(1, 100) i;
            """);
  }

  @AfterEach
  void stop() throws SQLException {
    base.close();
  }

  @Test
  void everyKindOfChangeArrives() throws SQLException {
    source.execute(
        "shop",
        """
        INSERT INTO item (name, body) VALUES ('it''s', E'tab\\there\\\\ \\n'), (NULL, NULL);
        UPDATE item SET name = 'same body' WHERE id = 7;
        UPDATE item SET body = 'short' WHERE id = 8;
        UPDATE item SET id = DEFAULT WHERE id = 9;
        DELETE FROM item WHERE id = 10;
        INSERT INTO loose VALUES (1, 'x', 1.0, '{"a": 1}'), (1, 'x', 1.00, '{"a": 1}'),
          (1, 'x', 1.00, '{"a": 1}'), (NULL, NULL, NULL, NULL);
        DELETE FROM loose WHERE ctid = '(0,2)';
        UPDATE loose SET b = 'y' WHERE a IS NULL;
        INSERT INTO part VALUES (1, 'eu'), (2, 'us');
        UPDATE part SET region = 'us' WHERE id = 1;
        UPDATE counted SET big = 'x' WHERE k = 'a';
        UPDATE counted SET n = DEFAULT WHERE k = 'b';
        UPDATE counted SET k = 'c' WHERE k = 'a';
        INSERT INTO child VALUES (1, 20);
        INSERT INTO item (name, body) SELECT 'many', 'row ' || i FROM generate_series(1, 500) i;
        """);
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");

    source.execute("shop", "TRUNCATE item CASCADE");
    source.execute("shop", "INSERT INTO item (name) VALUES ('after')");
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
  }

  @Test
  void whatComesFromElsewhereAndMessagesAreNothingSpecial() throws SQLException {
    try (Connection session = source.connect("shop")) {
      Query.run(session, "SELECT pg_replication_origin_create('elsewhere')");
      Query.run(session, "SELECT pg_replication_origin_session_setup('elsewhere')");
      session.setAutoCommit(false);
      Query.run(session, "SELECT pg_replication_origin_xact_setup('0/1', now())");
      Query.run(session, "SELECT pg_logical_emit_message(true, 'own', 'in a transaction')");
      Query.run(session, "INSERT INTO typed VALUES (1, 'ill', ARRAY[(1, 'well')::pair, NULL])");
      Query.run(session, "SELECT pg_logical_emit_message(false, 'own', 'at once')");
      Query.run(session, "INSERT INTO item (name) VALUES ('from elsewhere')");
      session.commit();
      Query.run(session, "SELECT pg_replication_origin_session_reset()");
      Query.run(session, "UPDATE typed SET felt = 'well', had[2] = (2, 'ill')::pair");
      Query.run(session, "SELECT pg_replication_origin_drop('elsewhere')");
      session.commit();
    }
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
  }

  @Test
  void largeTransactionsAndRolledBackPartsOfThem() throws SQLException {
    try (Connection open = source.connect("shop");
        Connection other = source.connect("shop")) {
      open.setAutoCommit(false);
      Query.run(
          open,
          "INSERT INTO item (name, body) SELECT 'large', 'row ' || i FROM generate_series(1, 20000) i");
      var savepoint = open.setSavepoint();
      Query.run(open, "UPDATE item SET name = 'undone' WHERE id % 3 = 0");
      Query.run(other, "INSERT INTO loose VALUES (9, 'in between', 2, '[]')");
      open.rollback(savepoint);
      Query.run(open, "UPDATE item SET name = 'done' WHERE id % 7 = 0");
      open.commit();
      Query.run(open, "DELETE FROM item WHERE id > 200");
      open.rollback();
    }
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
  }

  @Test
  void whatTheStreamDoesNotTellIsRefreshed() throws SQLException {
    source.execute(
        "shop",
        """
        DELETE FROM cache WHERE k = 2;
        INSERT INTO cache VALUES (3, E'new\\t');
        SELECT lo_unlink(102), lo_put(103, 0, 'new'), lo_from_bytea(104, repeat('x', 5000000)::bytea);
        GRANT SELECT ON LARGE OBJECT 104 TO PUBLIC;
        INSERT INTO counted (k) VALUES ('z');
        REFRESH MATERIALIZED VIEW total;
        """);
    base.requireCaughtUp(PATIENCE);

    base.follower().refreshUnstreamed(PullOptions.standard().limits());

    requireSameUnstreamed();
    assertThat(base.report().fidelity())
        .extracting(FidelityNote::kind)
        .contains("unlogged table", "large object", "materialized view");
  }

  /** Of 25,000 bytes a second on a clock that stands still. */
  @Test
  void aRefreshKeepsToTheRateInPiecesThatNoTimeoutEnds() throws Exception {
    source.execute(
        "shop",
        """
        SELECT lo_put(103, 0, repeat('y', 9000000)::bytea);
        INSERT INTO cache SELECT g, repeat('v', 100) FROM generate_series(10, 3000) g;
        """);
    List<Long> pauses = new ArrayList<>();
    RateLimit rate = new RateLimit(OptionalLong.of(25_000), () -> 0, pauses::add);
    try (Connection there = source.connect("shop");
        Connection here = engine.connect("shop")) {
      Query.run(there, "SET statement_timeout = '1min'; SET log_statement = 'all'");
      Query.run(here, "SET session_replication_role = replica");
      new UnstreamedRefresh(there, here, rate).run(true);
      assertThat(source.log()).containsPattern("cache\" WHERE ctid >= '\\(1\\d,0\\)' AND");
      assertThat(Duration.ofNanos(pauses.getLast()))
          .as("to know the large objects and to copy one")
          .isGreaterThan(Duration.ofMinutes(12));

      pauses.clear();
      new LargeObjectRefresh(
              there, here, new RateLimit(OptionalLong.of(25_000), () -> 0, pauses::add))
          .run();
      assertThat(Duration.ofNanos(pauses.getLast()))
          .as("to know that they are the same")
          .isBetween(Duration.ofMinutes(6), Duration.ofSeconds(361));
    }
    requireSameUnstreamed();
  }

  private static void requireSameUnstreamed() throws SQLException {
    for (String query :
        List.of(
            "SELECT string_agg(cache::text, ',' ORDER BY k) FROM cache",
            "SELECT string_agg(cached::text, ',') FROM cached",
            "SELECT count FROM total",
            "SELECT string_agg(oid || md5(lo_get(oid)) || coalesce(lomacl::text, ''), ',' ORDER BY oid)"
                + " FROM pg_largeobject_metadata")) {
      try (Connection there = source.connect("shop");
          Connection here = engine.connect("shop")) {
        assertThat(Query.text(here, query)).as(query).isEqualTo(Query.text(there, query));
      }
    }
  }

  @Test
  void aSecondFollowerGoesOnWhereTheFirstEnded() throws SQLException {
    for (int round = 0; round < 5; round++) {
      source.execute("shop", "INSERT INTO item (name) VALUES ('round " + round + "')");
      base.stop();
      source.execute("shop", "UPDATE item SET name = name || '!' WHERE name LIKE 'round%'");
      base.start();
    }
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
  }

  @Test
  void anotherColumnOfPartitionsEndsIt() throws SQLException {
    source.execute("shop", "ALTER TABLE part ADD note text");
    source.execute("shop", "INSERT INTO part VALUES (1, 'eu', 'y')");

    SourceException failure = base.failure(PATIENCE);
    assertThat(failure.failure()).isEqualTo(SourceFailure.DRIFTED);
    assertThat(failure).hasMessageContaining("cannot be copied by itself: it is a partition");
  }

  @Test
  void aTableThatJoinsThePublicationLaterEndsIt() throws SQLException {
    base.close();
    source.execute("shop", "CREATE PUBLICATION coppice FOR TABLE child");
    base =
        FollowedBase.pull(
            source.superuserUrl("shop"), engine, "shop", spool, Optional.empty(), false);
    assertThat(base.report().fidelity())
        .filteredOn(note -> note.object().equals("public.item"))
        .extracting(FidelityNote::reason)
        .anyMatch(why -> why.endsWith("ALTER PUBLICATION coppice ADD TABLE public.item;"));
    base.start();
    source.execute(
        "shop", "INSERT INTO item (name) VALUES ('unheard'); INSERT INTO child VALUES (1, 1)");
    base.requireCaughtUp(PATIENCE);

    source.execute("shop", "ALTER PUBLICATION coppice ADD TABLE item");
    source.execute("shop", "INSERT INTO item (name) VALUES ('heard')");

    SourceException failure = base.failure(PATIENCE);
    assertThat(failure.failure()).isEqualTo(SourceFailure.DRIFTED);
    assertThat(failure).hasMessageContaining("public.item has joined the publication");
  }

  @Test
  void aDroppedSlotIsLost() throws SQLException {
    base.stop();

    base.release();
    base.start();

    assertThat(base.failure(PATIENCE).failure()).isEqualTo(SourceFailure.SLOT_LOST);
    assertThat(source.tool("shop", "psql", "-Atc", "SELECT count(*) FROM pg_publication").strip())
        .isEqualTo("0");
  }
}
