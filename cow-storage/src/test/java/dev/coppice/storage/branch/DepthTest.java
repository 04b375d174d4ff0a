package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.layer.Page;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What reading costs does not depend on how many layers lie below; counted, not timed. */
class DepthTest {

  private static final int DEPTH = 1000;
  private static final int PAGES = 70;

  private final Simulation simulation = new Simulation(1);

  /**
   * @param mapSteps nodes of the page map for all pages together
   * @param diskReads reads of the disk for all of them, with what is open already
   */
  private record Cost(long mapSteps, long diskReads) {}

  private static LiveFile file(Branch branch) {
    return requireNonNull(branch.file(branch.lookup(FileTree.ROOT, "file")));
  }

  private static void write(Branch branch, long firstPage, int pages) {
    try (Arena arena = Arena.ofConfined()) {
      int bytes = pages * Page.BYTES;
      MemorySegment content = arena.allocate(bytes).fill((byte) pages);
      int result =
          branch.write(
              file(branch), content, 0, bytes, firstPage << Page.SHIFT, arena.allocate(Page.BYTES));
      assertThat(result).isEqualTo(bytes);
    }
  }

  private Cost cost(Branch branch) {
    LiveFile file = file(branch);
    long steps = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(Page.BYTES);
      readAll(file, target);
      long before = simulation.disk().reads();
      readAll(file, target);
      for (long page = 0; page < PAGES; page++) {
        steps += file.pages().steps(page);
      }
      return new Cost(steps, simulation.disk().reads() - before);
    }
  }

  private static void readAll(LiveFile file, MemorySegment target) {
    for (long page = 0; page < PAGES; page++) {
      assertThat(file.read(target, 0, Page.BYTES, page << Page.SHIFT)).isEqualTo(Page.BYTES);
    }
  }

  @Test
  void readingCostsTheSameAtDepthOneAndOneThousand() {
    simulation.open();
    BranchStore store = simulation.store();
    BranchId at = store.create();
    assertThat(store.branch(at).create(FileTree.ROOT, "file", Node.REGULAR | 0600, ""))
        .isPositive();
    write(store.branch(at), 0, PAGES);
    // Two owners in turn, as a page map of many layers has them everywhere.
    at = store.fork(at, Set.of());
    for (int page = 0; page < PAGES; page += 2) {
      write(store.branch(at), page, 1);
    }
    Cost shallow = cost(store.branch(at));
    for (int depth = 1; depth < DEPTH; depth++) {
      at = store.fork(at, Set.of());
      write(store.branch(at), depth * 3L % PAGES, 1);
    }
    Cost deep = cost(store.branch(at));
    assertThat(layersBelow(store.branch(at))).isGreaterThanOrEqualTo(DEPTH);
    assertThat(deep).isEqualTo(shallow);
    assertThat(owners(file(store.branch(at)))).isGreaterThanOrEqualTo(PAGES / 2);
  }

  private static int layersBelow(Branch branch) {
    int number = 0;
    for (var layer = branch.top().parent(); layer != null; layer = layer.parent()) {
      number++;
    }
    return number;
  }

  private static int owners(LiveFile file) {
    Set<String> owners = new TreeSet<>();
    for (long page = 0; page < PAGES; page++) {
      owners.add(requireNonNull(file.pages().owner(page)).path().toString());
    }
    return owners.size();
  }
}
