package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.FileChange;
import dev.coppice.storage.PageRange;
import dev.coppice.storage.Quota;
import dev.coppice.storage.SnapshotId;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of a branch that have pages in common. */
class CloningTest {

  private static final int PAGE = 8192;
  private static final int FILE_BYTES = 100 * PAGE + 100;

  @TempDir Path directory;

  private static byte[] bytes(long seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private BranchStore open() {
    return StoreOpening.open(directory.resolve("store"));
  }

  private static CoreFiles files(BranchStore store, BranchId branch) {
    return new CoreFiles(store.branch(branch));
  }

  private static BranchId branchWithFile(BranchStore store) {
    BranchId branch = store.create();
    files(store, branch).create("file");
    files(store, branch).write("file", 0, bytes(1, FILE_BYTES));
    return branch;
  }

  private static void cloneFile(CoreFiles files, String from, String to) {
    assertThat(files.create(to)).isTrue();
    assertThat(files.copyRange(from, to, 0, Long.MAX_VALUE / 2)).isTrue();
  }

  private static void requireSound(BranchStore store) {
    store.awaitBackground();
    assertThat(store.check().problems()).isEmpty();
    assertThat(store.checkSpace().differences()).isEmpty();
  }

  @Test
  void aCloneTakesNoSpaceAndBothGoTheirOwnWays() {
    BranchId branch;
    byte[] original = bytes(1, FILE_BYTES);
    byte[] cloned = original.clone();
    try (BranchStore store = open()) {
      branch = branchWithFile(store);
      store.awaitBackground();
      long before = store.space(branch).ownBytes();
      CoreFiles files = files(store, branch);
      cloneFile(files, "file", "clone");
      assertThat(files.content("clone")).isEqualTo(original);
      store.awaitBackground();
      assertThat(store.space(branch).ownBytes() - before).isLessThan(40 * PAGE);

      files.write("clone", 5 * PAGE + 10, bytes(2, 20));
      System.arraycopy(bytes(2, 20), 0, cloned, 5 * PAGE + 10, 20);
      files.write("file", 9 * PAGE - 10, bytes(3, 20));
      System.arraycopy(bytes(3, 20), 0, original, 9 * PAGE - 10, 20);
      files.write("clone", FILE_BYTES - 5, bytes(4, 5));
      System.arraycopy(bytes(4, 5), 0, cloned, FILE_BYTES - 5, 5);
      assertThat(files.content("file")).isEqualTo(original);
      assertThat(files.content("clone")).isEqualTo(cloned);
      requireSound(store);
    }
    try (BranchStore store = open()) {
      assertThat(files(store, branch).content("file")).isEqualTo(original);
      assertThat(files(store, branch).content("clone")).isEqualTo(cloned);
      requireSound(store);
    }
  }

  /** The clone is the only one that has the pages of the first delta then, which has no file. */
  @Test
  void aCloneOutlivesItsSourceAndTheMergeOfTheirLayers() {
    BranchId branch;
    byte[] content = bytes(1, FILE_BYTES);
    try (BranchStore store = open()) {
      branch = branchWithFile(store);
      CoreFiles files = files(store, branch);
      cloneFile(files, "file", "clone");
      files.remove("file");
      SnapshotId snapshot = store.freeze(branch, Set.of());
      files.create("later");
      store.delete(snapshot);
      store.awaitBackground();
      assertThat(store.merge()).isPositive();
      assertThat(store.check().layers()).isEqualTo(2);
      assertThat(files.content("clone")).isEqualTo(content);
      assertThat(store.space(branch).ownBytes()).isLessThan(FILE_BYTES + 40 * PAGE);
      requireSound(store);
    }
    try (BranchStore store = open()) {
      assertThat(files(store, branch).content("clone")).isEqualTo(content);
      BranchId child = store.fork(branch, Set.of());
      cloneFile(files(store, child), "clone", "second");
      assertThat(files(store, child).content("second")).isEqualTo(content);
      requireSound(store);
    }
  }

  @Test
  void aFileAndItsCloneShareOneCopyInTheMergedLayer() {
    BranchId branch;
    byte[] content = bytes(1, FILE_BYTES);
    try (BranchStore store = open()) {
      branch = branchWithFile(store);
      CoreFiles files = files(store, branch);
      cloneFile(files, "file", "clone");
      store.delete(store.freeze(branch, Set.of()));
      store.awaitBackground();
      assertThat(store.merge()).isPositive();
      assertThat(store.space(branch).ownBytes()).isLessThan(FILE_BYTES + 60 * PAGE);
      requireSound(store);
    }
    try (BranchStore store = open()) {
      assertThat(files(store, branch).content("file")).isEqualTo(content);
      assertThat(files(store, branch).content("clone")).isEqualTo(content);
      requireSound(store);
    }
  }

  /** One delta cannot hold both versions. */
  @Test
  void layersWithTwoVersionsOfASharedPageStayApartWhileBothAreNeeded() {
    try (BranchStore store = open()) {
      BranchId branch = branchWithFile(store);
      CoreFiles files = files(store, branch);
      cloneFile(files, "file", "clone");
      files.write("file", 0, bytes(2, FILE_BYTES));
      store.delete(store.freeze(branch, Set.of()));
      store.awaitBackground();
      int apart = store.merge();
      assertThat(files.content("file")).isEqualTo(bytes(2, FILE_BYTES));
      assertThat(files.content("clone")).isEqualTo(bytes(1, FILE_BYTES));
      requireSound(store);

      files.remove("clone");
      store.delete(store.freeze(branch, Set.of()));
      store.awaitBackground();
      assertThat(store.merge() + apart).isGreaterThan(apart);
      assertThat(files.content("file")).isEqualTo(bytes(2, FILE_BYTES));
      requireSound(store);
    }
  }

  @Test
  void layersBelowMayBeMergedUnderAClone() {
    BranchId branch;
    byte[] content = bytes(1, FILE_BYTES);
    try (BranchStore store = open()) {
      branch = branchWithFile(store);
      CoreFiles files = files(store, branch);
      SnapshotId first = store.freeze(branch, Set.of());
      files.write("file", 3 * PAGE, bytes(2, 50 * PAGE));
      System.arraycopy(bytes(2, 50 * PAGE), 0, content, 3 * PAGE, 50 * PAGE);
      SnapshotId second = store.freeze(branch, Set.of());
      cloneFile(files, "file", "clone");
      files.write("file", 0, bytes(3, FILE_BYTES));
      SnapshotId third = store.freeze(branch, Set.of());
      store.awaitBackground();
      List.of(first, second).forEach(store::delete);
      assertThat(store.merge()).isPositive();
      store.delete(third);
      requireSound(store);
    }
    try (BranchStore store = open()) {
      assertThat(files(store, branch).content("clone")).isEqualTo(content);
      assertThat(files(store, branch).content("file")).isEqualTo(bytes(3, FILE_BYTES));
      requireSound(store);
    }
  }

  /** The log tells it in the order in which it happened. */
  @Test
  void filesThatAreWrittenAndClonedAtOnceAreTheSameWhenReadAgain() throws Exception {
    BranchId branch;
    SortedMap<String, Optional<byte[]>> content;
    try (BranchStore store = open()) {
      branch = branchWithFile(store);
      List<CompletableFuture<Void>> writers = new ArrayList<>();
      for (long seed = 1; seed <= 3; seed++) {
        Random random = new Random(seed);
        writers.add(
            CompletableFuture.runAsync(() -> {
              for (int step = 0; step < 2000; step++) {
                anyStep(store, branch, random);
              }
            }));
      }
      for (CompletableFuture<Void> writer : writers) {
        writer.get(2, TimeUnit.MINUTES);
      }
      var _ = store.merge();
      content = files(store, branch).read();
      requireSound(store);
    }
    try (BranchStore store = open()) {
      SortedMap<String, Optional<byte[]>> found = files(store, branch).read();
      assertThat(found.keySet()).isEqualTo(content.keySet());
      content.forEach((path, bytes) ->
          assertThat(found.getOrDefault(path, Optional.empty()).orElseThrow())
              .as(path)
              .isEqualTo(bytes.orElseThrow()));
      requireSound(store);
    }
  }

  /** Some of them fail, as others remove what they need. */
  private static void anyStep(BranchStore store, BranchId branch, Random random) {
    CoreFiles files = files(store, branch);
    String one = "f" + random.nextInt(4);
    String other = "f" + random.nextInt(4);
    switch (random.nextInt(20)) {
      case 0 -> files.remove(one);
      case 1 -> files.rename(one, other);
      case 2 -> files.resize(one, random.nextInt(60 * PAGE));
      case 3 -> {
        if (random.nextInt(20) == 0) {
          store.delete(store.freeze(branch, Set.of()));
        }
      }
      case 4, 5, 6, 7, 8, 9 -> share(store.branch(branch), files, one, other, random);
      case 10, 11 -> files.create(one);
      default -> files.write(one, random.nextInt(40 * PAGE), bytes(random.nextInt(), 3 * PAGE));
    }
  }

  private static void share(
      Branch branch, CoreFiles files, String one, String other, Random random) {
    LiveFile from = branch.file(files.find(one));
    LiveFile to = branch.file(files.find(other));
    if (from != null && to != null) {
      try (Arena arena = Arena.ofConfined()) {
        long offset = (long) random.nextInt(20) * PAGE;
        var _ = branch.share(from, to, offset, 100 * PAGE, arena.allocate(PAGE));
      }
    }
  }

  @Test
  void whatACloneHasIsToldAsChanged() {
    try (BranchStore store = open()) {
      BranchId branch = branchWithFile(store);
      SnapshotId before = store.freeze(branch, Set.of());
      cloneFile(files(store, branch), "file", "clone");
      List<FileChange> changes = store.changes(before, branch);
      assertThat(changes)
          .filteredOn(change -> change.before().isEmpty())
          .singleElement()
          .satisfies(change -> {
            assertThat(change.after().orElseThrow().paths()).containsExactly("clone");
            assertThat(change.pages()).containsExactly(new PageRange(0, 101));
          });
    }
  }

  @Test
  void aQuotaIsNotSpentOnClones() {
    try (BranchStore store = open()) {
      BranchId branch = branchWithFile(store);
      store.limit(branch, Optional.of(new Quota(2L * FILE_BYTES, Set.of())));
      CoreFiles files = files(store, branch);
      for (int i = 0; i < 10; i++) {
        cloneFile(files, "file", "clone" + i);
      }
      assertThat(files.content("clone9")).isEqualTo(bytes(1, FILE_BYTES));
      assertThat(files.create("other")).isTrue();
      assertThat(files.write("other", 0, bytes(5, 3 * FILE_BYTES))).isFalse();
    }
  }

  @Test
  void aStoreOfTheVersionBeforeIsRead() throws IOException {
    BranchId branch;
    try (BranchStore store = open()) {
      branch = branchWithFile(store);
      store.freeze(branch, Set.of());
    }
    try (var files = Files.walk(directory)) {
      for (Path file : files.filter(CloningTest::hasHeader).toList()) {
        age(file);
      }
    }
    try (BranchStore store = open()) {
      CoreFiles files = files(store, branch);
      cloneFile(files, "file", "clone");
      assertThat(files.content("clone")).isEqualTo(bytes(1, FILE_BYTES));
      requireSound(store);
    }
  }

  private static boolean hasHeader(Path file) {
    return Set.of("journal", "log", "manifest").contains(file.getFileName().toString());
  }

  private static void age(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(8, 2);
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, 60));
    bytes.putInt(60, (int) crc.getValue());
    Files.write(file, bytes.array());
  }
}
