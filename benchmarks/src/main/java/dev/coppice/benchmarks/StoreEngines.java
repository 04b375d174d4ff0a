package dev.coppice.benchmarks;

import dev.coppice.branches.StandaloneEngine;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.HashMap;
import java.util.Map;

/** Engines on branches of a store, with the settings that branches have. */
record StoreEngines(BenchmarkContext context, PageStore store, int major) {

  /**
   * @param name of a directory for its socket and log, used by no other engine at the time
   * @param settings on top of those that branches have
   */
  BenchmarkEngine start(String name, BranchId branch, Map<String, String> settings)
      throws IOException {
    Path directory = Files.createDirectories(context.directory().resolve(name));
    Path data = directory.resolve("data");
    Files.deleteIfExists(data);
    Files.createSymbolicLink(data, store.path(branch));
    Map<String, String> all = new HashMap<>(StandaloneEngine.branchSettings(major));
    all.putAll(settings);
    return BenchmarkEngine.start(
        Engines.config(context, directory, store.detachLog(branch), major, all));
  }

  /** A branch that holds pgbench's tables, its engine shut down in order. */
  BranchId fill(String name, int scale) throws Exception {
    BranchId branch = store.create();
    try (BenchmarkEngine engine = start(name, branch, StandaloneEngine.loadSettings(major));
        Connection connection = engine.connect()) {
      PgbenchTables.create(connection, scale);
    }
    return branch;
  }
}
