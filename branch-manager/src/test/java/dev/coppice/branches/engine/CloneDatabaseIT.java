package dev.coppice.branches.engine;

import static dev.coppice.branches.engine.EngineLab.one;
import static dev.coppice.branches.engine.EngineLab.run;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.StoreConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A database is cloned inside a branch by sharing its pages. */
class CloneDatabaseIT {

  private static final Logger LOG = LoggerFactory.getLogger(CloneDatabaseIT.class);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MAJOR = 18;
  private static final long MIB = 1 << 20;
  private static final Set<String> WITHOUT = Set.of("postmaster.pid", "postmaster.opts");
  private static final String CLONE = "CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY";
  private static final String SUM = "SELECT count(*) || ' ' || sum(n) FROM big";

  private EngineLab lab;

  @BeforeEach
  void open() throws IOException {
    lab = new EngineLab();
  }

  @AfterEach
  void close() throws IOException {
    lab.close();
  }

  @Test
  void aClonedDatabaseTakesLittleSpaceAndGoesItsOwnWay() throws Exception {
    Installation installation = lab.installations.find(MAJOR, List.of()).orElseThrow();
    StoreConfig config =
        new StoreConfig(
            lab.root.resolve("store"), lab.root.resolve("mnt"), lab.user.uid(), lab.user.gid());
    BranchId parent;
    try (PageStore store = PageStore.open(config)) {
      parent = store.create();
      lab.host.initialise(installation, store.path(parent), EngineLocale.C_UTF8);
      Engine engine = start("parent", installation, store.path(parent));
      fill(engine);
      cloneAndChange(store, parent, engine);
      BranchId child = store.fork(parent, WITHOUT);
      verify(engine);
      engine.stopFast(PATIENCE);
      Engine childEngine = start("child", installation, store.path(child));
      verify(childEngine);
      run(childEngine, "postgres", List.of(CLONE.formatted("third", "twin"), "DROP DATABASE twin"));
      assertThat(one(childEngine, "third", SUM)).isEqualTo("90000 4050045000");
      childEngine.stopFast(PATIENCE);
      store.delete(child);
      assertThat(store.check().problems()).isEmpty();
      assertThat(store.checkSpace().differences()).isEmpty();
    }
    try (PageStore store = PageStore.open(config)) {
      Engine engine = start("parent", installation, store.path(parent));
      verify(engine);
      engine.stopFast(PATIENCE);
      Orphans.stop(lab.root.resolve("run").resolve("engines"));
      assertThat(store.check().problems()).isEmpty();
    }
  }

  private Engine start(String name, Installation installation, Path data) {
    return lab.host.start(
        new EngineStart(
            name, installation, data, EngineSettings.branch(MAJOR), "postgres", PATIENCE));
  }

  private static void fill(Engine engine) throws SQLException {
    run(engine, "postgres", List.of("CREATE DATABASE original"));
    run(
        engine,
        "original",
        List.of(
            "CREATE EXTENSION amcheck",
            "CREATE TABLE big (n int PRIMARY KEY, filler text)",
            "INSERT INTO big SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, 90000) n",
            "VACUUM (FREEZE, ANALYZE) big",
            "CHECKPOINT"));
  }

  private static void cloneAndChange(PageStore store, BranchId branch, Engine engine)
      throws SQLException {
    long size = Long.parseLong(one(engine, "postgres", "SELECT pg_database_size('original')"));
    long before = store.space(branch).ownBytes();
    long began = System.nanoTime();
    run(engine, "postgres", List.of(CLONE.formatted("twin", "original")));
    long took = System.nanoTime() - began;
    long grown = store.space(branch).ownBytes() - before;
    LOG.info("{} MiB cloned in {} ms and {} KiB", size / MIB, took / 1_000_000, grown / 1024);
    assertThat(size).isGreaterThan(90 * MIB);
    assertThat(grown).isLessThan(20 * MIB);
    assertThat(one(engine, "twin", SUM)).isEqualTo("90000 4050045000");
    run(engine, "original", List.of("UPDATE big SET n = -n WHERE n % 100 = 0", "CHECKPOINT"));
    run(engine, "twin", List.of("UPDATE big SET filler = 'short' WHERE n % 77 = 0"));
  }

  private static void verify(Engine engine) throws SQLException {
    assertThat(one(engine, "original", SUM)).isEqualTo("90000 3968955000");
    assertThat(one(engine, "twin", SUM)).isEqualTo("90000 4050045000");
    assertThat(one(engine, "twin", "SELECT count(*) FROM big WHERE filler = 'short'"))
        .isEqualTo("1168");
    for (String database : List.of("original", "twin")) {
      run(engine, database, List.of("SELECT bt_index_check('big_pkey', true)"));
    }
  }
}
