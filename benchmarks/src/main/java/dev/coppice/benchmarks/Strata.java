package dev.coppice.benchmarks;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.SnapshotId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** Puts layers on a branch, each of which holds a third of the pages of its databases. */
final class Strata {

  private static final int PAGE_BYTES = 8192;
  private static final int ONE_IN = 3;
  private static final long SEED = 11;

  private final PageStore store;
  private final Random random = new Random(SEED);
  private final ByteBuffer page = ByteBuffer.allocateDirect(PAGE_BYTES);

  Strata(PageStore store) {
    this.store = store;
  }

  /** Returns a snapshot of each level, which keep the layers from being merged. */
  List<SnapshotId> deepen(BranchId branch, int levels) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(store.path(branch).resolve("base"))) {
      files = found.filter(Files::isRegularFile).sorted().toList();
    }
    List<SnapshotId> kept = new ArrayList<>();
    for (int level = 0; level < levels; level++) {
      for (Path file : files) {
        touch(file);
      }
      kept.add(store.freeze(branch, Set.of()));
    }
    return kept;
  }

  /** Rewrites a random third of the pages as they are. */
  private void touch(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long pages = channel.size() / PAGE_BYTES;
      for (long at = 0; at < pages; at++) {
        if (random.nextInt(ONE_IN) == 0) {
          page.clear();
          if (channel.read(page, at * PAGE_BYTES) == PAGE_BYTES) {
            page.flip();
            var _ = channel.write(page, at * PAGE_BYTES);
          }
        }
      }
    }
  }
}
