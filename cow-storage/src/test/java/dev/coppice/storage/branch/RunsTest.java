package dev.coppice.storage.branch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.SimulatedDisk;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** A read of pages that lie in several deltas, too short to be one of many. */
class RunsTest {

  private static final int PAGE = 8192;
  private static final int PAGES = 15;
  private static final long MILLISECOND = 1_000_000;

  private final SimulatedDisk disk = new SimulatedDisk(0);
  private long nextId;
  private long nanos;
  private long nanosPerLook;

  @Test
  void cachedRunsAreReadOneAfterTheOther() {
    assertThat(askedAhead(page -> page % 2 == 1)).isZero();
  }

  @Test
  void theDiskIsToldOnceOfEveryDeltaWhoseRunsLieClose() {
    nanosPerLook = MILLISECOND;
    assertThat(askedAhead(page -> page % 2 == 1)).isEqualTo(2);
  }

  @Test
  void aWideGapIsNotRead() {
    nanosPerLook = MILLISECOND;
    // The parent's three runs are close together; the child's second and third are not.
    assertThat(askedAhead(page -> page % 6 == 0)).isEqualTo(3);
  }

  @Test
  void aSingleRunIsNotAskedForTwice() {
    nanosPerLook = MILLISECOND;
    assertThat(askedAhead(page -> false)).isZero();
  }

  /** Reads a file of which a child has written some pages, and counts. */
  private int askedAhead(IntPredicate ofChild) {
    Platform platform =
        new Platform(
            disk,
            new UUID(0, 0),
            () -> new UUID(1, ++nextId),
            () -> nanos += nanosPerLook,
            1 << 20,
            name -> new SimulatedTasks());
    StoreFiles files = platform.files(Path.of("/store"));
    StoreOpening.makeDirectories(files);
    try (BranchStore store =
        StoreOpening.recover(files, platform, DetachedLogs.unknown(files), () -> {})) {
      Random random = new Random(7);
      byte[] content = new byte[PAGES * PAGE];
      random.nextBytes(content);
      BranchId parent = store.create();
      CoreFiles parentFiles = new CoreFiles(store.branch(parent));
      parentFiles.create("file");
      parentFiles.write("file", 0, content);
      BranchId child = store.fork(parent, Set.of());
      CoreFiles childFiles = new CoreFiles(store.branch(child));
      byte[] page = new byte[PAGE];
      for (int i = 0; i < PAGES; i++) {
        if (ofChild.test(i)) {
          random.nextBytes(page);
          childFiles.write("file", (long) i * PAGE, page);
          System.arraycopy(page, 0, content, i * PAGE, PAGE);
        }
      }
      int before = disk.askedAhead();
      assertThat(childFiles.content("file")).isEqualTo(content);
      return disk.askedAhead() - before;
    }
  }
}
