package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Syncs that do not wait for the disk. */
class RelaxedBranchTest {

  private static final byte[] CONTENT = new byte[30_000];

  static {
    Arrays.fill(CONTENT, (byte) 7);
  }

  private final Simulation simulation = new Simulation(1);

  private static long write(Branch branch) {
    long file = branch.create(FileTree.ROOT, "file", Node.REGULAR | 0600, "");
    try (Arena arena = Arena.ofConfined()) {
      var source = arena.allocateFrom(ValueLayout.JAVA_BYTE, CONTENT);
      LiveFile live = requireNonNull(branch.file(file));
      assertThat(branch.write(live, source, 0, CONTENT.length, 0, arena.allocate(8192)))
          .isEqualTo(CONTENT.length);
    }
    return file;
  }

  private BranchId relaxed() {
    simulation.open();
    BranchId id = simulation.store().create();
    Branch branch = simulation.store().branch(id);
    branch.relax(true);
    long file = write(branch);
    long before = simulation.disk().operations();
    assertThat(branch.sync(file)).isZero();
    assertThat(branch.syncNames()).isZero();
    assertThat(simulation.disk().operations()).as("nothing reaches the disk").isEqualTo(before);
    return id;
  }

  private byte[] found(BranchId id) {
    Branch branch = simulation.store().branch(id);
    return FoundFiles.content(requireNonNull(branch.file(branch.lookup(FileTree.ROOT, "file"))));
  }

  @Test
  void aKillLosesNothing() {
    BranchId id = relaxed();
    simulation.disk().restartProgram();
    simulation.open();
    assertThat(found(id)).isEqualTo(CONTENT);
  }

  @Test
  void whatTheStoreIsToldToSyncIsDurable() {
    BranchId id = relaxed();
    simulation.store().sync(id);
    simulation.disk().losePower();
    simulation.open();
    assertThat(found(id)).isEqualTo(CONTENT);
  }

  @Test
  void syncsWaitAgainOnceItIsNotRelaxedAnyMore() {
    BranchId id = relaxed();
    Branch branch = simulation.store().branch(id);
    branch.relax(false);
    assertThat(branch.sync(branch.lookup(FileTree.ROOT, "file"))).isZero();
    simulation.disk().losePower();
    simulation.open();
    assertThat(found(id)).isEqualTo(CONTENT);
  }
}
