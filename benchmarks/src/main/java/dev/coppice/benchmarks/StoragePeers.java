package dev.coppice.benchmarks;

import dev.coppice.branches.StandaloneEngine;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.StoreConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Two engines on the same files: one on a plain directory, one on a fork of a frozen copy of it.
 */
record StoragePeers(
    PageStore store,
    BenchmarkEngine plain,
    BenchmarkEngine branch,
    BranchId branchId,
    String postgres)
    implements AutoCloseable {

  /** On top of those that branches have. */
  static final Map<String, String> SETTINGS =
      Map.of("shared_buffers", "128MB", "max_wal_size", "1GB");

  static StoragePeers prepare(BenchmarkContext context, int scale) throws Exception {
    Path plainDirectory = Files.createDirectory(context.directory().resolve("plain"));
    StandaloneEngine.Config plainConfig = config(context, plainDirectory, Optional.empty());
    String version;
    BenchmarkEngine.Owner owner;
    try (BenchmarkEngine filling = BenchmarkEngine.start(plainConfig)) {
      version = filling.version();
      owner = filling.owner();
      try (Connection connection = filling.connect()) {
        PgbenchTables.create(connection, scale);
      }
    }
    PageStore store = openStore(context.directory(), owner);
    try {
      BranchId branch = forkOfCopy(store, plainDirectory);
      Path branchDirectory = Files.createDirectory(context.directory().resolve("branch"));
      Files.createSymbolicLink(branchDirectory.resolve("data"), store.path(branch));
      StandaloneEngine.Config branchConfig =
          config(context, branchDirectory, store.detachLog(branch));
      BenchmarkEngine plain = BenchmarkEngine.start(plainConfig);
      try {
        return new StoragePeers(store, plain, BenchmarkEngine.start(branchConfig), branch, version);
      } catch (RuntimeException e) {
        plain.close();
        throw e;
      }
    } catch (Exception e) {
      store.close();
      throw e;
    }
  }

  /** A store in that directory, for engines of that user. */
  static PageStore openStore(Path directory, BenchmarkEngine.Owner owner) {
    return PageStore.open(
        new StoreConfig(
            directory.resolve("store"),
            directory.resolve("mount"),
            owner.uid(),
            owner.gid(),
            Optional.of(StandaloneEngine.branchLog())));
  }

  private static BranchId forkOfCopy(PageStore store, Path plainDirectory) throws Exception {
    BranchId copy = store.create();
    Pgbench.output(
        List.of("cp", "-a", plainDirectory.resolve("data") + "/.", store.path(copy).toString()));
    return store.fork(store.freeze(copy, Set.of()));
  }

  private static StandaloneEngine.Config config(
      BenchmarkContext context, Path directory, Optional<Path> log) {
    int major = Engines.newest(context);
    Map<String, String> settings = new HashMap<>(StandaloneEngine.branchSettings(major));
    settings.putAll(SETTINGS);
    return Engines.config(context, directory, log, major, settings);
  }

  @Override
  public void close() {
    branch.close();
    plain.close();
    store.close();
  }
}
