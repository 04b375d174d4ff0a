package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.layer.FileTree;
import java.lang.foreign.Arena;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** How often the disk is told of what a reader will come to. */
class ReadAheadTest {

  private static final int PAGE = 8192;
  private static final int MEBIBYTE = 1 << 20;
  private static final int FILE_BYTES = 12 * MEBIBYTE;

  /** Pages of the child. */
  private static final int PIECES_PER_MEBIBYTE = 16;

  private final Simulation simulation = new Simulation(1);

  /** A file of a child that has written one page of every eight. */
  private LiveFile inPieces() {
    simulation.open();
    BranchStore store = simulation.store();
    BranchId parent = store.create();
    CoreFiles inherited = new CoreFiles(store.branch(parent));
    inherited.create("file");
    inherited.write("file", 0, new byte[FILE_BYTES]);
    Branch child = store.branch(store.fork(parent, Set.of()));
    CoreFiles own = new CoreFiles(child);
    for (long at = 0; at < FILE_BYTES; at += MEBIBYTE / PIECES_PER_MEBIBYTE) {
      own.write("file", at, new byte[PAGE]);
    }
    return requireNonNull(child.file(child.lookup(FileTree.ROOT, "file")));
  }

  private int toldWhileReading(LiveFile file, long offset, int bytes) {
    int before = simulation.disk().askedAhead();
    try (Arena arena = Arena.ofConfined()) {
      assertThat(file.read(arena.allocate(bytes), 0, bytes, offset)).isEqualTo(bytes);
    }
    return simulation.disk().askedAhead() - before;
  }

  private int toldInAScan(LiveFile file) {
    int told = 0;
    for (long at = 0; at < FILE_BYTES; at += MEBIBYTE) {
      told += toldWhileReading(file, at, MEBIBYTE);
    }
    return told;
  }

  @Test
  void aScanTellsOfEveryPieceOnce() {
    LiveFile file = inPieces();
    int pieces = FILE_BYTES / MEBIBYTE * PIECES_PER_MEBIBYTE;
    // The parent's pieces lie so close together that one request takes in many of them.
    assertThat(toldInAScan(file)).isBetween(pieces, 2 * pieces);
    assertThat(toldInAScan(file)).isBetween(pieces, 2 * pieces);
  }

  @Test
  void aReaderFromTheStartIsTakenToGoOn() {
    LiveFile file = inPieces();
    assertThat(toldWhileReading(file, 0, MEBIBYTE)).isGreaterThan(8 * PIECES_PER_MEBIBYTE);
    assertThat(toldWhileReading(file, MEBIBYTE / 2, MEBIBYTE)).isZero();
  }

  @Test
  void aReaderInTheMidstFirstGetsWhatItAsksFor() {
    LiveFile file = inPieces();
    int asked = toldWhileReading(file, 2 * MEBIBYTE, MEBIBYTE);
    assertThat(asked).isBetween(PIECES_PER_MEBIBYTE, 2 * PIECES_PER_MEBIBYTE);
    assertThat(toldWhileReading(file, 3 * MEBIBYTE, MEBIBYTE)).isGreaterThan(4 * asked);
  }

  @Test
  void aShortReadTellsOfNothing() {
    assertThat(toldWhileReading(inPieces(), 0, PAGE)).isZero();
  }

  @Test
  void whatLiesInOnePieceIsLeftToTheFileSystem() {
    simulation.open();
    Branch branch = simulation.store().branch(simulation.store().create());
    CoreFiles files = new CoreFiles(branch);
    files.create("file");
    files.write("file", 0, new byte[FILE_BYTES]);
    LiveFile file = requireNonNull(branch.file(branch.lookup(FileTree.ROOT, "file")));
    assertThat(toldInAScan(file)).isZero();
  }
}
