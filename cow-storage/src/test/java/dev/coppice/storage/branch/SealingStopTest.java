package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.SimulatedDisk;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A store that is closed does not wait until all of a large layer has been read. */
class SealingStopTest {

  private static final Path HOME = Path.of("/store");
  private static final int PAGE = 8192;

  private final SimulatedDisk disk = new SimulatedDisk(0);
  private long nextId;

  private BranchStore open() {
    SimulatedTasks tasks = new SimulatedTasks();
    Platform platform =
        new Platform(
            disk, new UUID(0, 1), () -> new UUID(1, ++nextId), () -> 0, 1 << 20, name -> tasks);
    StoreFiles files = platform.files(HOME);
    StoreOpening.makeDirectories(files);
    return StoreOpening.recover(files, platform, DetachedLogs.unknown(files), () -> {});
  }

  @Test
  void aManifestThatWasGivenUpIsWrittenAfterTheNextOpen() {
    byte[] content = new byte[3 * PAGE];
    new Random(1).nextBytes(content);
    BranchId branch;
    Path directory;
    try (BranchStore store = open()) {
      branch = store.create();
      Layer layer = store.branch(branch).top();
      directory = layer.directory();
      CoreFiles files = new CoreFiles(store.branch(branch));
      files.create("one");
      files.write("one", 0, content);
      files.create("two");
      files.write("two", 0, content);
      store.freeze(branch, Set.of());
      assertThat(Durability.syncLineage(layer)).isZero();

      AtomicInteger asked = new AtomicInteger();
      assertThat(layer.seal(() -> asked.incrementAndGet() == 2)).isEqualTo(-Errno.ECANCELED);
      assertThat(disk.list(directory)).contains("log").doesNotContain("manifest", "manifest.new");
    }
    assertThat(disk.list(directory)).contains("log").doesNotContain("manifest");

    try (BranchStore again = open()) {
      again.awaitBackground();
      assertThat(disk.list(directory)).contains("manifest").doesNotContain("log");
      assertThat(new CoreFiles(again.branch(branch)).content("two")).isEqualTo(content);
      assertThat(again.check().problems()).isEmpty();
    }
  }
}
