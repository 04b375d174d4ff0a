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

/** What is altered on a source without a row of it being changed, and its base then has too. */
class RedefinitionIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String DEFINITIONS =
      """
      SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
      WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition
      UNION ALL
      SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND conparentid = 0
      UNION ALL
      SELECT attrelid::regclass || ' ' || attname || ' ' || attnotnull || ' ' || coalesce(pg_get_expr(adbin, adrelid), '')
      FROM pg_attribute JOIN pg_class c ON c.oid = attrelid AND c.relkind IN ('r', 'p')
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE c.relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
      UNION ALL
      SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0
      UNION ALL
      SELECT p::text FROM pg_policies p
      UNION ALL
      SELECT relname || relrowsecurity || relforcerowsecurity FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
      ORDER BY 1
      """;

  @AutoClose private static PostgresServer source;

  @AutoClose private static PostgresServer engine;

  private FollowedBase base;
  private SchemaFingerprint known;
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
            DROP ROLE IF EXISTS clerk;
            CREATE ROLE clerk;
            CREATE TABLE item (id bigserial PRIMARY KEY, name text NOT NULL, price numeric DEFAULT 1, code text UNIQUE);
            CREATE INDEX item_price ON item (price);
            CREATE TABLE sale (id bigserial PRIMARY KEY, item bigint REFERENCES item, n int CHECK (n > 0));
            CREATE TABLE kind (id int PRIMARY KEY);
            CREATE TABLE visit (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
            CREATE TABLE visit_1 PARTITION OF visit FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
            CREATE TRIGGER first BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touch();
            CREATE POLICY mine ON item USING (name = current_user);
            INSERT INTO item (name, price) SELECT 'n' || i, i FROM generate_series(1, 500) i;
            INSERT INTO sale (item, n) SELECT 1 + i % 500, i FROM generate_series(1, 2000) i;
            INSERT INTO kind VALUES (1), (2);
            INSERT INTO visit SELECT i, '2026-01-01' FROM generate_series(1, 100) i;
            """);
    known = base.report().fingerprint().orElseThrow();
    base.requireCaughtUp(PATIENCE);
  }

  @AfterEach
  void stop() throws SQLException {
    base.close();
  }

  @Test
  void partsOfTablesBecomeWhatTheyAreOnTheSource() throws SQLException {
    assertThat(base.follower().fingerprint().since(known)).isEmpty();
    source.execute(
        "shop",
        """
        ALTER TABLE item DROP CONSTRAINT item_code_key, ALTER name DROP NOT NULL, ALTER price SET NOT NULL,
          ALTER price DROP DEFAULT, ALTER name SET DEFAULT 'none';
        DROP INDEX item_price;
        CREATE UNIQUE INDEX item_price ON item (price, lower(name)) WHERE id > 3;
        ALTER TABLE sale DROP CONSTRAINT sale_n_check, DROP CONSTRAINT sale_item_fkey;
        ALTER TABLE item DROP CONSTRAINT item_pkey, ADD UNIQUE (name), ADD PRIMARY KEY (id, price), ADD UNIQUE (id);
        ALTER TABLE sale ADD FOREIGN KEY (item) REFERENCES item (id) ON DELETE CASCADE DEFERRABLE,
          ADD CHECK (n < 10000) NOT VALID;
        CREATE INDEX ON visit (day);
        ALTER TABLE item DISABLE TRIGGER first, ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE TRIGGER "Second" AFTER INSERT OR DELETE ON sale FOR EACH ROW EXECUTE FUNCTION touch();
        DROP POLICY mine ON item;
        CREATE POLICY "Theirs" ON item AS RESTRICTIVE FOR UPDATE TO clerk, postgres USING (id > 7) WITH CHECK (name <> 'x');
        CREATE POLICY new ON sale FOR INSERT WITH CHECK (n > 1);
        """);
    source.execute("shop", "INSERT INTO item VALUES (1000, DEFAULT, 5); UPDATE item SET code = id");

    SchemaFingerprint now = base.follower().fingerprint();
    Redefined made = base.follower().redefine(now.since(known));

    assertThat(made.obstacles()).isEmpty();
    assertThat(now.since(known.with(made.done(), now))).isEmpty();
    assertThat(definitions(engine)).isEqualTo(definitions(source));
    long file = file("item_price");
    Redefined again = base.follower().redefine(now.since(known));
    assertThat(again.done()).hasSameSizeAs(made.done());
    assertThat(file("item_price")).as("nothing is made twice").isEqualTo(file);

    source.execute(
        "shop", "UPDATE item SET name = 'later' WHERE id = 1000; DELETE FROM sale WHERE id = 7");
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
  }

  @Test
  void whatTheBaseDoesNotTakeIsNamedWithTheReason() throws SQLException {
    source.execute(
        "shop",
        """
        CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
        CREATE TRIGGER late BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION late();
        CREATE VIEW named AS SELECT name FROM item;
        CREATE INDEX item_name ON item (name);
        """);
    SchemaFingerprint now = base.follower().fingerprint();
    Redefined made = base.follower().redefine(now.since(known));

    assertThat(made.done())
        .extracting(DefinitionChange::readable)
        .containsExactly("index item_name of public.item is new");
    assertThat(made.obstacles().values())
        .singleElement()
        .asString()
        .contains("function public.late() does not exist");
    assertThat(now.since(known.with(made.done(), now)))
        .extracting(DefinitionChange::readable)
        .containsExactly(
            "function public.late() is new",
            "trigger late of public.item is new",
            "view public.named is new");
  }

  @Test
  void aConstraintFindsTheRowsThatItIsAbout() throws SQLException {
    source.execute(
        "shop",
        "INSERT INTO item (name, code) SELECT 'n', 'same' || i FROM generate_series(1, 5000) i");
    source.execute("shop", "UPDATE item SET name = 'twice' || id % 100");
    source.execute(
        "shop",
        "BEGIN; UPDATE item SET name = 'row ' || id, code = id; ALTER TABLE item ADD UNIQUE (name); COMMIT");

    SchemaFingerprint now = base.follower().fingerprint();
    Redefined made = base.follower().redefine(now.since(known));

    assertThat(made.obstacles()).isEmpty();
    source.execute("shop", "UPDATE item SET name = name || '!'");
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
    assertThat(definitions(engine)).isEqualTo(definitions(source));
  }

  @Test
  void tablesWhoseRowsAreOthersAreCopiedAnewThoughNoRowTellsSo() throws SQLException {
    source.execute("shop", "ALTER TABLE item ADD note text DEFAULT 'none'");
    source.execute("shop", "CREATE INDEX item_note ON item (note)");
    source.execute("shop", "CREATE TRIGGER late BEFORE UPDATE ON item EXECUTE FUNCTION touch()");
    // The stream tells of the same columns, and nothing of the rows that are gone.
    source.execute("shop", "ALTER TABLE sale DROP COLUMN n");
    source.execute("shop", "ALTER TABLE sale ADD COLUMN n int");
    source.execute("shop", "DROP TABLE kind");
    source.execute("shop", "CREATE TABLE kind (id int PRIMARY KEY)");
    source.execute("shop", "INSERT INTO visit VALUES (1000, '2026-01-02')");

    SchemaFingerprint now = base.follower().fingerprint();
    Redefined made = base.follower().redefine(now.since(known));

    assertThat(made.copying()).isTrue();
    assertThat(made.done())
        .extracting(DefinitionChange::readable)
        .containsExactly("trigger late of public.item is new");
    SchemaFingerprint copied = awaitCopied(known.with(made.done(), now));
    assertThat(base.follower().fingerprint().since(copied)).isEmpty();
    assertThat(base.follower().withCopied(known)).as("told once").isSameAs(known);
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
    assertThat(definitions(engine)).isEqualTo(definitions(source));
    againAlteredInTheSameWay(copied);
  }

  private void againAlteredInTheSameWay(SchemaFingerprint before) throws SQLException {
    source.execute("shop", "ALTER TABLE sale DROP COLUMN n");
    source.execute("shop", "ALTER TABLE sale ADD COLUMN n int DEFAULT 5");
    assertThat(base.follower().redefine(base.follower().fingerprint().since(before)).copying())
        .isTrue();
    awaitCopied(before);
    base.requireCaughtUp(PATIENCE);
    base.requireEqual(source, "shop");
  }

  private SchemaFingerprint awaitCopied(SchemaFingerprint before) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    SchemaFingerprint now = before;
    while (now.equals(before)) {
      assertThat(System.nanoTime()).as("the copy").isLessThan(deadline);
      base.requireCaughtUp(PATIENCE);
      now = base.follower().withCopied(before);
    }
    return now;
  }

  @Test
  void rowsThatCannotBeCopiedAloneEndIt() throws SQLException {
    source.execute("shop", "ALTER TABLE visit ADD note text");

    base.follower().redefine(base.follower().fingerprint().since(known));

    SourceException failure = base.failure(PATIENCE);
    assertThat(failure.failure()).isEqualTo(SourceFailure.DRIFTED);
    assertThat(failure).hasMessageContaining("visit_1 was altered");
  }

  @Test
  void aTableThatIsLockedOnTheSourceIsLeftForLater() throws SQLException {
    source.execute("shop", "CREATE INDEX item_name ON item (name)");
    List<DefinitionChange> changes = base.follower().fingerprint().since(known);
    try (Connection altering = source.connect("shop")) {
      altering.setAutoCommit(false);
      Query.run(altering, "LOCK item IN ACCESS EXCLUSIVE MODE");
      assertThat(base.follower().fingerprint().since(known)).isEqualTo(changes);
      altering.rollback();
    }
    assertThat(base.follower().redefine(changes).done()).isEqualTo(changes);
  }

  private static long file(String index) throws SQLException {
    try (Connection session = engine.connect("shop")) {
      return Long.parseLong(
          Query.text(session, "SELECT pg_relation_filenode(" + SqlText.literal(index) + ")"));
    }
  }

  private static List<String> definitions(PostgresServer server) throws SQLException {
    try (Connection session = server.connect("shop")) {
      return Query.list(session, DEFINITIONS, row -> row.getString(1));
    }
  }
}
