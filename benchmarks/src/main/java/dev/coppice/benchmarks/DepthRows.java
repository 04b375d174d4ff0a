package dev.coppice.benchmarks;

import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.SnapshotId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The same database at the top of one layer and of a hundred, each with a third of its pages. */
final class DepthRows {

  private static final int DEPTH = 100;

  private DepthRows() {}

  static List<Row> measure(BenchmarkContext context, StoreEngines engines, Pgbench pgbench)
      throws Exception {
    PageStore store = engines.store();
    context.say("depth: filling a database and putting " + DEPTH + " layers on it");
    BranchId filled = engines.fill("depth-fill", context.quick() ? 2 : 20);
    List<SnapshotId> snapshots = new ArrayList<>();
    snapshots.add(store.freeze(filled, Set.of()));
    BranchId shallow = store.fork(snapshots.getFirst());
    BranchId deep = store.fork(snapshots.getFirst());
    try {
      snapshots.addAll(new Strata(store).deepen(deep, DEPTH - 1));
      store.sync(deep);
      Map<String, String> settings =
          Map.of("shared_buffers", context.quick() ? "16MB" : "128MB", "max_wal_size", "1GB");
      try (BenchmarkEngine atOne = engines.start("depth-1", shallow, settings);
          BenchmarkEngine atHundred = engines.start("depth-100", deep, settings)) {
        Turns turns = new Turns(context, atHundred, atOne, "depth " + DEPTH, "depth 1");
        String seconds = context.quick() ? "3" : "30";
        List<String> options = List.of("-M", "prepared", "-c", "4", "-j", "2", "-T", seconds);
        List<String> select = new ArrayList<>(options);
        select.add("-S");
        return List.of(
            turns.compareColdOnDisk("depth100_select_ratio", load(pgbench, select)),
            turns.compareColdOnDisk("depth100_tpcb_ratio", load(pgbench, options)));
      }
    } finally {
      List.of(filled, shallow, deep).forEach(store::delete);
      snapshots.forEach(store::delete);
    }
  }

  /** With the kernel's cache emptied first, so that the store is asked. */
  private static Turns.Load load(Pgbench pgbench, List<String> options) {
    return engine -> {
      if (PageCache.canBeDropped()) {
        PageCache.drop();
      }
      return pgbench.transactionsPerSecond(engine.address(), options);
    };
  }
}
