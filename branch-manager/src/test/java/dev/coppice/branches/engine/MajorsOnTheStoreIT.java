package dev.coppice.branches.engine;

import static dev.coppice.branches.engine.EngineLab.one;
import static dev.coppice.branches.engine.EngineLab.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.StoreConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What engines of every major do with files, done on the mount. */
class MajorsOnTheStoreIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int FIRST_WITH_CLONE = 18;

  private static final List<String> WORK =
      List.of(
          "CREATE EXTENSION amcheck",
          "CREATE TABLE item (id int PRIMARY KEY, price int, filler text)",
          "INSERT INTO item SELECT i, i % 97, repeat('x', 200) FROM generate_series(1, 20000) i",
          "CREATE INDEX item_price ON item (price)",
          "UPDATE item SET price = price + 1 WHERE id % 5 = 0",
          "DELETE FROM item WHERE id > 15000",
          "VACUUM (FREEZE, ANALYZE) item",
          "CREATE TABLE wide AS SELECT i AS id, repeat(md5(i::text), 300) AS text"
              + " FROM generate_series(1, 2000) i",
          "SET work_mem = '64kB'",
          "CREATE TEMP TABLE sorted AS SELECT * FROM item ORDER BY filler, price DESC, id",
          "ALTER TABLE wide SET UNLOGGED",
          "VACUUM FULL item",
          "TRUNCATE wide",
          "CHECKPOINT");

  private EngineLab lab;

  @BeforeEach
  void open() throws IOException {
    lab = new EngineLab();
  }

  @AfterEach
  void close() throws IOException {
    lab.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 16, 17, 18})
  void worksAsOnAnyFileSystem(int major) throws Exception {
    Installation installation = lab.installations.find(major, List.of()).orElseThrow();
    StoreConfig config =
        new StoreConfig(
            lab.root.resolve("store"), lab.root.resolve("mnt"), lab.user.uid(), lab.user.gid());
    try (PageStore store = PageStore.open(config)) {
      BranchId parent = store.create();
      lab.host.initialise(installation, store.path(parent), EngineLocale.C_UTF8);
      Engine engine = start("parent", installation, store.path(parent));
      run(engine, "postgres", WORK);
      copyDatabase(engine, major);
      useTablespace(engine);
      BranchId child = store.fork(parent, Set.of("postmaster.pid", "postmaster.opts"));
      verify(engine);
      engine.stopFast(PATIENCE);
      verify(start("parent", installation, store.path(parent)));
      verify(start("child", installation, store.path(child)));
      Orphans.stop(lab.root.resolve("run").resolve("engines"));
      assertThat(store.check().problems()).isEmpty();
    }
  }

  private Engine start(String name, Installation installation, Path data) {
    return lab.host.start(
        new EngineStart(
            name,
            installation,
            data,
            EngineSettings.branch(installation.major()),
            "postgres",
            PATIENCE));
  }

  private static void copyDatabase(Engine engine, int major) throws SQLException {
    String method = major >= FIRST_WITH_CLONE ? "SET file_copy_method = clone" : "SELECT 1";
    run(
        engine,
        "template1",
        List.of(method, "CREATE DATABASE twin TEMPLATE postgres STRATEGY FILE_COPY"));
    assertThat(one(engine, "twin", "SELECT count(*) FROM item")).isEqualTo("15000");
    run(engine, "twin", List.of("DELETE FROM item WHERE id > 100", "VACUUM FULL item"));
    assertThat(one(engine, "twin", "SELECT count(*) FROM item")).isEqualTo("100");
  }

  private void useTablespace(Engine engine) throws Exception {
    Path space = lab.directory("space");
    run(
        engine,
        "postgres",
        List.of(
            "CREATE TABLESPACE elsewhere LOCATION '" + space + "'",
            "CREATE TABLE there (id int) TABLESPACE elsewhere",
            "INSERT INTO there SELECT generate_series(1, 1000)",
            "CHECKPOINT",
            "DROP TABLE there",
            "DROP TABLESPACE elsewhere"));
    Files.delete(space);
  }

  private static void verify(Engine engine) throws SQLException {
    assertThat(one(engine, "postgres", "SELECT count(*), sum(price) FROM item WHERE price >= 0"))
        .isEqualTo("15000");
    assertThat(one(engine, "twin", "SELECT count(*) FROM item")).isEqualTo("100");
    assertThat(one(engine, "postgres", "SELECT count(*) FROM wide")).isEqualTo("0");
    run(
        engine,
        "postgres",
        List.of(
            "SELECT bt_index_check(c.oid, true) FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
                + " WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relpersistence = 'p'"));
  }
}
