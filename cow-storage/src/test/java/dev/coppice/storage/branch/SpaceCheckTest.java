package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.PendingDeletion;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.SpaceCheck;
import dev.coppice.storage.SpaceDifference;
import dev.coppice.storage.SpaceDifference.Kind;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.posix.Posix;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every byte on disk is accounted for. */
class SpaceCheckTest {

  private static final int PAGE = 8192;

  @TempDir Path directory;

  private Path home() {
    return directory.resolve("store");
  }

  private static byte[] filled(int pages) {
    byte[] bytes = new byte[pages * PAGE];
    Arrays.fill(bytes, (byte) 7);
    return bytes;
  }

  private static SpaceCheck agreed(BranchStore store) {
    SpaceCheck check = store.checkSpace();
    assertThat(check.differences()).isEmpty();
    long sum =
        check.heldBytes()
            - check.holeBytes()
            + check.recordBytes()
            + check.overheadBytes()
            + check.logBytes()
            + check.openBytes()
            + check.stagedBytes()
            + check.pendingBytes();
    assertThat(sum).isEqualTo(check.allocatedBytes());
    return check;
  }

  private static void settle(BranchStore store) {
    store.awaitBackground();
    var _ = store.merge();
    store.awaitBackground();
  }

  private void resize(Branch branch, String name, long size) {
    LiveFile file = branch.file(branch.lookup(FileTree.ROOT, name));
    assertThat(file).isNotNull();
    try (Arena arena = Arena.ofConfined()) {
      assertThat(file == null ? -1 : branch.resize(file, size, arena.allocate(PAGE))).isZero();
    }
  }

  @Test
  void agreesAfterForksMergesResetsAndDeletes() {
    BranchId branch;
    try (BranchStore store = StoreOpening.open(home())) {
      branch = store.create();
      CoreFiles files = new CoreFiles(store.branch(branch));
      files.create("a");
      files.create("b");
      for (int round = 0; round < 6; round++) {
        files.write("a", round * 4L * PAGE, filled(8));
        files.write("b", 0, filled(3));
        SnapshotId snapshot = store.freeze(branch, Set.of());
        BranchId child = store.fork(snapshot);
        new CoreFiles(store.branch(child)).write("a", PAGE, filled(2));
        resize(store.branch(child), "b", 100);
        // A reset is a new branch in the place of the old one.
        store.delete(child);
        BranchId again = store.fork(snapshot);
        store.delete(again);
        store.delete(snapshot);
        agreed(store);
      }
      files.remove("b");
      resize(store.branch(branch), "a", 3 * PAGE);
      settle(store);
      SpaceCheck check = agreed(store);
      assertThat(check.pendingBytes()).isZero();
      assertThat(check.layers()).isLessThanOrEqualTo(3);
    }
    try (BranchStore store = StoreOpening.open(home())) {
      settle(store);
      agreed(store);
    }
  }

  /** What is only reserved may become zeros on disk beside what is written (ext4). */
  @Test
  void whatIsReservedIsNoLeakAndGoesWithTheEndOfTheFile() {
    int reservedPages = 512;
    try (BranchStore store = StoreOpening.open(home());
        Arena arena = Arena.ofConfined()) {
      Branch branch = store.branch(store.create());
      CoreFiles files = new CoreFiles(branch);
      files.create("a");
      LiveFile file = branch.file(branch.lookup(FileTree.ROOT, "a"));
      assertThat(file).isNotNull();
      long bytes = (long) reservedPages * PAGE;
      MemorySegment scratch = arena.allocate(PAGE);
      assertThat(file == null ? -1 : branch.allocate(file, 0, 0, bytes, scratch)).isZero();
      for (int page = 0; page < reservedPages; page += 3) {
        files.write("a", (long) page * PAGE, filled(1));
        store.sync(branch.id());
      }
      assertThat(agreed(store).allocatedBytes()).isGreaterThanOrEqualTo(bytes);
      resize(branch, "a", PAGE);
      assertThat(agreed(store).allocatedBytes()).isLessThan(bytes / 8);
    }
  }

  @Test
  void findsAnOrphanALeakAndWhatIsMissing() throws IOException {
    try (BranchStore store = StoreOpening.open(home())) {
      BranchId branch = store.create();
      CoreFiles files = new CoreFiles(store.branch(branch));
      files.create("kept");
      files.write("kept", 0, filled(2));
      files.create("lost");
      files.write("lost", 0, filled(5));
      store.sync(branch);
      agreed(store);
      Path layer = store.branch(branch).top().directory();
      Files.write(layer.resolve("ffff.delta"), filled(1));
      Files.createDirectories(home().resolve("layers/left"));
      Files.write(home().resolve("layers/left/file"), filled(3));
      try (RandomAccessFile leaky = new RandomAccessFile(delta(layer, 2).toFile(), "rw")) {
        leaky.seek(20 * PAGE);
        leaky.write(filled(4));
      }
      Files.delete(delta(layer, 5));
      String top = home().relativize(layer) + "/";
      assertThat(store.checkSpace().differences())
          .extracting(SpaceDifference::file, SpaceDifference::kind, SpaceDifference::bytes)
          .containsExactlyInAnyOrder(
              tuple(top + "ffff.delta", Kind.ORPHAN, (long) PAGE),
              tuple("layers/left", Kind.ORPHAN, 3L * PAGE),
              tuple(top + "10.delta", Kind.LEAK, 4L * PAGE),
              tuple(top + "11.delta", Kind.MISSING, 5L * PAGE));
    }
  }

  /** The file that holds so many pages. */
  private static Path delta(Path layer, int pages) throws IOException {
    try (Stream<Path> files = Files.list(layer)) {
      return files
          .filter(file -> file.toFile().length() == (long) pages * PAGE)
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void aThousandBranchesLeaveNoByteBehind() throws IOException {
    Path killed = directory.resolve("killed");
    try (BranchStore store = StoreOpening.open(home())) {
      BranchId base = store.create();
      CoreFiles files = new CoreFiles(store.branch(base));
      for (int i = 0; i < 10; i++) {
        files.create("file" + i);
        files.write("file" + i, 0, filled(20));
      }
      SnapshotId snapshot = store.freeze(base, Set.of());
      settle(store);
      SpaceCheck before = agreed(store);
      List<BranchId> branches = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        BranchId branch = store.fork(snapshot);
        CoreFiles own = new CoreFiles(store.branch(branch));
        own.write("file" + i % 10, i % 20 * (long) PAGE, filled(2));
        own.create("own");
        branches.add(branch);
      }
      SpaceCheck full = agreed(store);
      assertThat(full.heldBytes()).isEqualTo(before.heldBytes() + 2_000L * PAGE);
      branches.forEach(store::delete);
      BranchStoreModelTest.copyAsAKillLeavesIt(home(), killed);
      store.awaitBackground();
      assertThat(store.pendingDeletion()).isEqualTo(new PendingDeletion(0, 0, 0));
      sameButForRecords(agreed(store), before);
      assertThat(home().resolve("layers").toFile().list()).hasSizeLessThan(4);
    }
    try (BranchStore store = StoreOpening.open(killed)) {
      store.awaitBackground();
      assertThat(store.branches()).hasSize(1);
      assertThat(agreed(store).layers()).isEqualTo(2);
    }
  }

  private static void sameButForRecords(SpaceCheck now, SpaceCheck before) {
    assertThat(now.layers()).isEqualTo(before.layers());
    assertThat(now.heldBytes()).isEqualTo(before.heldBytes());
    assertThat(now.allocatedBytes() - now.recordBytes())
        .isEqualTo(before.allocatedBytes() - before.recordBytes());
  }

  @Test
  void truncatedPagesAreGivenBackAlsoWhenTheFileGrewAgain() {
    try (BranchStore store = StoreOpening.open(home())) {
      BranchId branch = store.create();
      CoreFiles files = new CoreFiles(store.branch(branch));
      files.create("a");
      files.write("a", 0, filled(100));
      resize(store.branch(branch), "a", 0);
      files.write("a", 90L * PAGE, filled(1));
      settle(store);
      SpaceCheck check = agreed(store);
      assertThat(check.heldBytes()).isEqualTo(PAGE);
      assertThat(store.space(branch).ownBytes()).isLessThan(10L * PAGE);
    }
  }

  @Test
  void aFreezeDoesNotKeepWhatWasTruncatedOrReservedBefore() {
    try (BranchStore store = StoreOpening.open(home())) {
      BranchId id = store.create();
      Branch branch = store.branch(id);
      CoreFiles files = new CoreFiles(branch);
      files.create("a");
      files.write("a", 0, filled(100));
      resize(branch, "a", 10 * PAGE);
      LiveFile file = branch.file(branch.lookup(FileTree.ROOT, "a"));
      assertThat(file).isNotNull();
      try (Arena arena = Arena.ofConfined()) {
        int result =
            file == null
                ? -1
                : branch.allocate(
                    file, Posix.FALLOC_FL_KEEP_SIZE, 0, 200L * PAGE, arena.allocate(PAGE));
        assertThat(result).isZero();
      }
      SnapshotId snapshot = store.freeze(id, Set.of());
      settle(store);
      SpaceCheck check = agreed(store);
      assertThat(check.pendingBytes()).isZero();
      assertThat(check.allocatedBytes()).isLessThan(40L * PAGE);
      store.delete(snapshot);
    }
  }

  @Test
  void aFileWithoutANameCountsUntilItIsClosed() {
    try (BranchStore store = StoreOpening.open(home())) {
      BranchId id = store.create();
      Branch branch = store.branch(id);
      CoreFiles files = new CoreFiles(branch);
      files.create("a");
      files.write("a", 0, filled(10));
      long file = branch.lookup(FileTree.ROOT, "a");
      branch.remember(file);
      files.remove("a");
      settle(store);
      assertThat(agreed(store).openBytes()).isEqualTo(10L * PAGE);
      branch.forget(file, 1);
      settle(store);
      SpaceCheck check = agreed(store);
      assertThat(check.openBytes() + check.heldBytes() + check.pendingBytes()).isZero();
    }
  }

  @Test
  void aFileThatWasOnlyReadBeforeItLostItsNameGoesToo() {
    BranchId id;
    try (BranchStore store = StoreOpening.open(home())) {
      id = store.create();
      CoreFiles files = new CoreFiles(store.branch(id));
      files.create("a");
      files.write("a", 0, filled(10));
    }
    try (BranchStore store = StoreOpening.open(home())) {
      Branch branch = store.branch(id);
      long file = branch.lookup(FileTree.ROOT, "a");
      branch.remember(file);
      new CoreFiles(branch).remove("a");
      branch.forget(file, 1);
      settle(store);
      assertThat(agreed(store).heldBytes()).isZero();
      assertThat(store.space(id).ownBytes()).isLessThan(10L * PAGE);
    }
  }

  @Test
  void aPageThatIsRewrittenOftenTakesItsSpaceOnce() {
    try (BranchStore store = StoreOpening.open(home())) {
      BranchId parent = store.create();
      new CoreFiles(store.branch(parent)).create("a");
      new CoreFiles(store.branch(parent)).write("a", 0, filled(50));
      BranchId child = store.fork(parent, Set.of());
      CoreFiles files = new CoreFiles(store.branch(child));
      files.write("a", 3 * PAGE + 100, new byte[] {1});
      long once = store.space(child).ownBytes();
      for (int i = 0; i < 1_000; i++) {
        files.write("a", 3 * PAGE + i, new byte[] {(byte) i});
      }
      assertThat(store.space(child).ownBytes()).isEqualTo(once);
      assertThat(once).isLessThan(3L * PAGE);
      agreed(store);
    }
  }
}
