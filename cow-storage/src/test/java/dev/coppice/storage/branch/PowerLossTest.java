package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.layer.FileTree;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that is opened in another run of the machine counts only what was synced. */
class PowerLossTest {

  private static final UUID FIRST_BOOT = new UUID(1, 1);
  private static final UUID SECOND_BOOT = new UUID(2, 2);

  @TempDir Path directory;

  private static byte[] filled(int bytes, int value) {
    byte[] array = new byte[bytes];
    Arrays.fill(array, (byte) value);
    return array;
  }

  private static byte[] content(BranchStore store, BranchId branch, String path) {
    Optional<byte[]> found = new CoreFiles(store.branch(branch)).read().get(path);
    assertThat(found).as(path).isNotNull();
    return found == null ? new byte[0] : found.orElseThrow();
  }

  @Test
  void keepsWhatWasSyncedAndNothingOfTheRest() throws Exception {
    Path killed = directory.resolve("killed");
    BranchId parent;
    BranchId child;
    try (BranchStore store =
        StoreOpening.open(directory.resolve("live"), Platform.real(FIRST_BOOT))) {
      parent = store.create();
      Branch branch = store.branch(parent);
      CoreFiles files = new CoreFiles(branch);
      files.create("synced");
      files.write("synced", 0, filled(20_000, 1));
      files.create("inherited");
      files.write("inherited", 0, filled(20_000, 2));
      assertThat(branch.sync(branch.lookup(FileTree.ROOT, "synced"))).isZero();
      assertThat(branch.sync(branch.lookup(FileTree.ROOT, "inherited"))).isZero();
      child = store.fork(parent, Set.of());
      CoreFiles inChild = new CoreFiles(store.branch(child));
      inChild.write("inherited", 8192, filled(8192, 3));
      files.write("inherited", 0, filled(8192, 4));
      assertThat(branch.sync(branch.lookup(FileTree.ROOT, "inherited"))).isZero();
      files.write("inherited", 8192, filled(8192, 5));
      BranchStoreModelTest.copyAsAKillLeavesIt(directory.resolve("live"), killed);
    }
    byte[] original = filled(20_000, 2);
    byte[] changed = filled(20_000, 2);
    Arrays.fill(changed, 0, 8192, (byte) 4);
    for (UUID boot : new UUID[] {SECOND_BOOT, SECOND_BOOT, FIRST_BOOT}) {
      try (BranchStore store = StoreOpening.open(killed, Platform.real(boot))) {
        assertThat(content(store, parent, "synced")).isEqualTo(filled(20_000, 1));
        assertThat(content(store, parent, "inherited")).isEqualTo(changed);
        assertThat(content(store, child, "inherited")).isEqualTo(original);
        assertThat(store.check().problems()).isEmpty();
      }
    }
  }

  @Test
  void forgetsNothingInTheSameRun() throws Exception {
    Path killed = directory.resolve("killed");
    BranchId id;
    try (BranchStore store =
        StoreOpening.open(directory.resolve("live"), Platform.real(FIRST_BOOT))) {
      id = store.create();
      CoreFiles files = new CoreFiles(store.branch(id));
      files.create("file");
      files.write("file", 5, filled(20_000, 1));
      BranchStoreModelTest.copyAsAKillLeavesIt(directory.resolve("live"), killed);
    }
    try (BranchStore store = StoreOpening.open(killed, Platform.real(FIRST_BOOT))) {
      assertThat(content(store, id, "file"))
          .hasSize(20_005)
          .endsWith(1)
          .startsWith(0, 0, 0, 0, 0, 1);
    }
  }
}
