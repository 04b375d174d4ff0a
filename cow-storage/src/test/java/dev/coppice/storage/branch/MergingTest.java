package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.RealDisk;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers that nothing but one other stands on become one with it. */
class MergingTest {

  private static final int FILE_BYTES = 40 * 8192;

  @TempDir Path directory;

  private static byte[] bytes(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private BranchStore open() {
    return StoreOpening.open(directory.resolve("store"));
  }

  private static List<SnapshotId> stack(BranchStore store, BranchId branch, int levels) {
    CoreFiles files = new CoreFiles(store.branch(branch));
    List<SnapshotId> snapshots = new ArrayList<>();
    for (int level = 0; level < levels; level++) {
      files.write("file", level * 8192L, bytes(level, 3 * 8192));
      files.create("new" + level);
      files.remove("new" + (level - 1));
      snapshots.add(store.freeze(branch, Set.of()));
    }
    store.awaitBackground();
    return snapshots;
  }

  @Test
  void aBranchThatIsForkedAgainAndAgainKeepsFewLayersAndLittleSpace() {
    BranchId branch;
    byte[] content;
    try (BranchStore store = open()) {
      branch = store.create();
      CoreFiles files = new CoreFiles(store.branch(branch));
      files.create("file");
      for (int round = 0; round < 30; round++) {
        files.write("file", 0, bytes(round, FILE_BYTES));
        BranchId child = store.fork(branch, Set.of());
        store.delete(child);
        store.awaitBackground();
        var _ = store.merge();
      }
      store.awaitBackground();
      assertThat(store.check().layers()).isLessThanOrEqualTo(3);
      assertThat(store.space(branch).ownBytes()).isLessThan(4L * FILE_BYTES);
      content = files.content("file");
      assertThat(content).isEqualTo(bytes(29, FILE_BYTES));
      assertThat(store.check().problems()).isEmpty();
    }
    try (BranchStore store = open()) {
      assertThat(new CoreFiles(store.branch(branch)).content("file")).isEqualTo(content);
      assertThat(store.check().problems()).isEmpty();
    }
  }

  @Test
  void aBranchWhoseParentIsDeletedGetsAShorterChain() {
    BranchId child;
    try (BranchStore store = open()) {
      BranchId parent = store.create();
      new CoreFiles(store.branch(parent)).create("file");
      List<SnapshotId> snapshots = stack(store, parent, 8);
      child = store.fork(parent, Set.of());
      snapshots.forEach(store::delete);
      assertThat(store.check().layers()).isEqualTo(11);
      store.delete(parent);
      store.awaitBackground();
      assertThat(waiting(store)).isPositive();
    }
    try (BranchStore store = open()) {
      byte[] before = new CoreFiles(store.branch(child)).content("file");
      assertThat(store.merge()).isEqualTo(8);
      assertThat(waiting(store)).isZero();
      assertThat(store.check().layers()).isEqualTo(2);
      assertThat(new CoreFiles(store.branch(child)).content("file")).isEqualTo(before);
    }
  }

  private static double waiting(BranchStore store) {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    store.watch(meters);
    return meters.get("coppice.store.merges.waiting").gauge().value();
  }

  @Test
  void whatSnapshotsStandOnStaysApart() {
    try (BranchStore store = open()) {
      BranchId branch = store.create();
      new CoreFiles(store.branch(branch)).create("file");
      List<SnapshotId> snapshots = stack(store, branch, 6);
      assertThat(store.merge()).isZero();
      BranchId middle = store.fork(snapshots.get(3));
      byte[] before = new CoreFiles(store.branch(middle)).content("file");
      for (int i : List.of(0, 1, 2, 4)) {
        store.delete(snapshots.get(i));
      }
      assertThat(store.merge()).isEqualTo(4);
      assertThat(new CoreFiles(store.branch(middle)).content("file")).isEqualTo(before);
      BranchId again = store.fork(snapshots.get(3));
      assertThat(new CoreFiles(store.branch(again)).content("file")).isEqualTo(before);
      assertThat(store.changes(snapshots.get(3), again)).isEmpty();
      assertThat(store.changes(snapshots.get(3), snapshots.get(5))).isNotEmpty();
      assertThat(store.check().problems()).isEmpty();
    }
  }

  @Test
  void anOpenFileWithoutANameKeepsItsLayers() {
    try (BranchStore store = open()) {
      BranchId id = store.create();
      CoreFiles files = new CoreFiles(store.branch(id));
      files.create("file");
      files.write("file", 0, bytes(1, FILE_BYTES));
      Branch branch = store.branch(id);
      long file = branch.lookup(FileTree.ROOT, "file");
      SnapshotId first = store.freeze(id, Set.of());
      branch.remember(file);
      assertThat(branch.unlink(FileTree.ROOT, "file")).isZero();
      files.create("other");
      SnapshotId second = store.freeze(id, Set.of());
      files.create("third");
      SnapshotId third = store.freeze(id, Set.of());
      List.of(first, second, third).forEach(store::delete);
      store.awaitBackground();
      var _ = store.merge();
      assertThat(read(branch, file)).isEqualTo(bytes(1, FILE_BYTES));
      branch.forget(file, 1);
      var _ = store.merge();
      assertThat(store.check().problems()).isEmpty();
    }
  }

  private static byte[] read(Branch branch, long fileId) {
    LiveFile file = branch.file(fileId);
    assertThat(file).isNotNull();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(FILE_BYTES);
      int got = file == null ? -Errno.ENOENT : file.read(target, 0, FILE_BYTES, 0);
      assertThat(got).isEqualTo(FILE_BYTES);
      return target.toArray(ValueLayout.JAVA_BYTE);
    }
  }

  @Test
  void nothingElseWaitsForAMerge() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Disk disk = slowMerges(begun, goOn);
    Platform real = Platform.real();
    Platform platform =
        new Platform(disk, real.boot(), real.ids(), real.nanoTime(), 1 << 20, real.background());
    try (BranchStore store = StoreOpening.open(directory.resolve("store"), platform)) {
      BranchId branch = store.create();
      new CoreFiles(store.branch(branch)).create("file");
      stack(store, branch, 3).forEach(store::delete);
      CompletableFuture<Integer> merge = CompletableFuture.supplyAsync(store::merge);
      try {
        assertThat(begun.await(1, TimeUnit.MINUTES)).isTrue();
        BranchId other = store.create();
        CoreFiles files = new CoreFiles(store.branch(other));
        files.create("large");
        files.write("large", 0, bytes(9, FILE_BYTES));
        SnapshotId snapshot = store.freeze(other, Set.of());
        store.awaitBackground();
        store.delete(other);
        store.delete(snapshot);
        store.awaitBackground();
        assertThat(store.pendingDeletion().layers()).isZero();
        assertThat(store.checkSpace().differences()).isEmpty();
      } finally {
        goOn.countDown();
      }
      assertThat(merge.get(1, TimeUnit.MINUTES)).isNotNegative();
      assertThat(waiting(store)).isZero();
      assertThat(store.check().layers()).isEqualTo(2);
      assertThat(store.checkSpace().differences()).isEmpty();
      assertThat(store.check().problems()).isEmpty();
    }
  }

  /** A disk from which merges get nothing until they may go on. */
  private static Disk slowMerges(CountDownLatch begun, CountDownLatch goOn) {
    Disk real = new RealDisk();
    return (Disk)
        Proxy.newProxyInstance(
            Disk.class.getClassLoader(),
            new Class<?>[] {Disk.class},
            (proxy, call, arguments) -> {
              boolean merges = Thread.currentThread().getName().equals("coppice-store-merge");
              if (merges && call.getName().equals("pread")) {
                begun.countDown();
                goOn.await();
              }
              return call.invoke(real, arguments);
            });
  }

  @Test
  void readersGoOnMeanwhile() throws Exception {
    try (BranchStore store = open()) {
      BranchId branch = store.create();
      CoreFiles files = new CoreFiles(store.branch(branch));
      files.create("file");
      files.write("file", 0, bytes(100, FILE_BYTES));
      List<SnapshotId> snapshots = stack(store, branch, 20);
      BranchId reader = store.fork(snapshots.getLast());
      byte[] expected = new CoreFiles(store.branch(reader)).content("file");
      AtomicBoolean reading = new AtomicBoolean(true);
      CompletableFuture<Integer> reads =
          CompletableFuture.supplyAsync(() -> {
            int count = 0;
            CoreFiles seen = new CoreFiles(store.branch(reader));
            do {
              assertThat(seen.content("file")).isEqualTo(expected);
              count++;
            } while (reading.get());
            return count;
          });
      for (SnapshotId snapshot : snapshots) {
        store.delete(snapshot);
        var _ = store.merge();
      }
      reading.set(false);
      assertThat(reads.get(1, TimeUnit.MINUTES)).isPositive();
      assertThat(store.check().layers()).isLessThanOrEqualTo(4);
    }
  }
}
