package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.SimulatedCrash;
import dev.coppice.storage.posix.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stops the program or the machine at every disk operation of some merges. */
class MergingStopTest {

  private static final Path HOME = Path.of("/store");
  private static final int LEVELS = 4;
  private static final int PAGE = 8192;

  private SimulatedDisk disk = new SimulatedDisk(0);
  private long boot;
  private long nextId;
  private byte[] content = new byte[0];

  private BranchStore open() {
    SimulatedTasks tasks = new SimulatedTasks();
    Platform platform =
        new Platform(
            disk, new UUID(0, boot), () -> new UUID(1, ++nextId), () -> 0, 1 << 20, name -> tasks);
    StoreFiles files = platform.files(HOME);
    StoreOpening.makeDirectories(files);
    return StoreOpening.recover(files, platform, DetachedLogs.unknown(files), () -> {});
  }

  /** A branch on a stack of layers that can all become one, all of it durable. */
  private BranchId stack(BranchStore store) {
    BranchId branch = store.create();
    CoreFiles files = new CoreFiles(store.branch(branch));
    files.create("file");
    List<SnapshotId> snapshots = new ArrayList<>();
    for (int level = 0; level < LEVELS; level++) {
      byte[] bytes = new byte[3 * PAGE];
      new Random(level).nextBytes(bytes);
      files.write("file", (long) level * PAGE, bytes);
      files.create("level" + level);
      snapshots.add(store.freeze(branch, Set.of()));
    }
    store.awaitBackground();
    snapshots.forEach(store::delete);
    store.awaitBackground();
    store.sync(branch);
    content = files.content("file");
    return branch;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void eitherTheTwoLayersAreThereOrTheOne(boolean powerLost) {
    int stops = 0;
    for (boolean done = false; !done; stops++) {
      disk = new SimulatedDisk(stops);
      boot = 1;
      BranchStore store = open();
      BranchId branch = stack(store);
      disk.stopAt(disk.operations() + stops);
      try {
        assertThat(store.merge()).isEqualTo(LEVELS - 1);
        done = true;
      } catch (SimulatedCrash e) {
        assertThat(e).as("as intended").isNotNull();
      }
      if (powerLost) {
        disk.losePower();
        boot++;
      } else {
        disk.restartProgram();
      }
      try (BranchStore again = open()) {
        verify(again, branch, stops);
        var _ = again.merge();
        verify(again, branch, stops);
        assertThat(again.check().layers()).as("layers after stop %d", stops).isEqualTo(2);
      }
    }
    assertThat(stops).isGreaterThan(10 * (LEVELS - 1));
  }

  private void verify(BranchStore store, BranchId branch, int stop) {
    CoreFiles files = new CoreFiles(store.branch(branch));
    assertThat(files.content("file")).as("after stop %d", stop).isEqualTo(content);
    assertThat(files.read()).containsKeys("level0", "level3");
    assertThat(store.check().problems()).as("after stop %d", stop).isEmpty();
  }
}
