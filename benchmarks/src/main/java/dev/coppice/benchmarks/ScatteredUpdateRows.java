package dev.coppice.benchmarks;

import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.FileChange;
import dev.coppice.storage.FileSpace;
import dev.coppice.storage.FileVersion;
import dev.coppice.storage.PageRange;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.SnapshotId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a branch occupies after one row in a hundred was changed, all over a table. */
final class ScatteredUpdateRows {

  private static final String PEER = "the bytes of the pages whose content changed";
  private static final Duration SETTLED_WITHIN = Duration.ofSeconds(60);

  private ScatteredUpdateRows() {}

  static List<Row> measure(BenchmarkContext context, StoreEngines engines) throws Exception {
    PageStore store = engines.store();
    context.say("scattered update: filling a database");
    BranchId filled = engines.fill("scattered-fill", context.quick() ? 20 : 340);
    SnapshotId snapshot = store.freeze(filled, Set.of());
    BranchId before = store.fork(snapshot);
    BranchId updated = store.fork(snapshot);
    try (BenchmarkEngine engine = engines.start("scattered", updated, Map.of())) {
      engine.execute(
          "update pgbench_accounts set abalance = abalance + 1" + " where hashint4(aid) % 100 = 42",
          "checkpoint");
      awaitSettled(store, updated);
      long changed = changedPages(store, snapshot, before, updated) * PageRange.PAGE_BYTES;
      long database =
          store.ownFiles(updated).stream()
              .filter(ScatteredUpdateRows::ofADatabase)
              .mapToLong(FileSpace::ownBytes)
              .sum();
      long total = store.space(updated).ownBytes();
      context.say(
          "  %d MB of pages changed, %d MB of heap and index, %d MB in all"
              .formatted(changed >> 20, database >> 20, total >> 20));
      return List.of(
          row("scattered_update_heap_amplification", (double) database / changed),
          row("scattered_update_total_amplification", (double) total / changed));
    } finally {
      List.of(filled, before, updated).forEach(store::delete);
      store.delete(snapshot);
    }
  }

  private static Row row(String metric, double value) {
    return Row.median(metric, "ratio", PEER, value);
  }

  private static boolean ofADatabase(FileSpace file) {
    return file.paths().stream().anyMatch(path -> path.startsWith("base/"));
  }

  /** Space is given back in the background, about a second after it was. */
  private static void awaitSettled(PageStore store, BranchId branch) throws InterruptedException {
    long deadline = System.nanoTime() + SETTLED_WITHIN.toNanos();
    long before = -1;
    long now = store.space(branch).ownBytes();
    while (now != before && System.nanoTime() < deadline) {
      Thread.sleep(3_000);
      before = now;
      now = store.space(branch).ownBytes();
    }
  }

  /** Compares the content of all pages that the store gives out as written. */
  private static long changedPages(
      PageStore store, SnapshotId snapshot, BranchId before, BranchId after) throws IOException {
    long changed = 0;
    for (FileChange change : store.changes(snapshot, after)) {
      Optional<String> path = change.after().map(version -> version.paths().getFirst());
      if (path.filter(name -> name.startsWith("base/")).isPresent()
          && change.after().get().kind() == FileVersion.Kind.FILE) {
        changed +=
            differing(
                change,
                change.before().map(was -> store.path(before).resolve(was.paths().getFirst())),
                store.path(after).resolve(path.get()));
      }
    }
    return changed;
  }

  private static long differing(FileChange change, Optional<Path> before, Path after)
      throws IOException {
    if (before.isEmpty()) {
      return change.pageCount();
    }
    long differing = 0;
    try (FileChannel old = FileChannel.open(before.get());
        FileChannel young = FileChannel.open(after)) {
      for (PageRange range : change.pages()) {
        for (long page = range.first(); page < range.end(); page++) {
          if (!content(old, page).equals(content(young, page))) {
            differing++;
          }
        }
      }
    }
    return differing;
  }

  private static ByteBuffer content(FileChannel file, long page) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(PageRange.PAGE_BYTES);
    var _ = file.read(content, page * PageRange.PAGE_BYTES);
    return content.flip();
  }
}
