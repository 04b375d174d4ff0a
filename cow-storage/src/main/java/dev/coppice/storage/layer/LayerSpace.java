package dev.coppice.storage.layer;

import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import dev.coppice.storage.tree.PageMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** Compares the files of one layer with what the layer's state says of them. */
public final class LayerSpace {

  private final Layer layer;
  private final FileTree state;
  private final Map<Long, HeldPages> held;
  private final LongPredicate keptOpen;
  private final SpaceTally tally;
  private final Disk disk;

  /**
   * @param state what the layer has led to; nobody writes meanwhile
   * @param keptOpen whether a file has no name any more and is still open
   */
  public LayerSpace(Layer layer, FileTree state, LongPredicate keptOpen, SpaceTally tally) {
    this.layer = layer;
    FileTree start = layer.life().start();
    this.state = state;
    this.held = start == null ? Map.of() : HeldPages.of(layer, start, state);
    this.keptOpen = keptOpen;
    this.tally = tally;
    this.disk = layer.disk();
  }

  public void examine() {
    tally.layer();
    Set<String> present = new HashSet<>(disk.list(layer.directory()));
    List.copyOf(present).stream().sorted().forEach(this::examine);
    layer
        .deltas()
        .forEach((fileId, delta) -> {
          HeldPages pages = held.get(fileId);
          if (pages != null && !present.contains(Delta.name(fileId))) {
            missing(pages, 0);
          }
        });
    if (layer.life().sealed() && !present.contains(Manifest.FILE)) {
      tally.missing(Manifest.path(layer), 0, "the manifest is not there");
    }
  }

  private void examine(String name) {
    Path file = layer.directory().resolve(name);
    if (LayerDeltas.isDelta(name)) {
      examineDelta(file, LayerDeltas.fileId(name));
    } else if (name.equals(layer.life().sealed() ? Manifest.FILE : Layer.LOG)) {
      tally.record(file);
    } else {
      tally.orphan(file, tally.bytes(file));
    }
  }

  private void examineDelta(Path file, long fileId) {
    Delta delta = layer.deltas().find(fileId);
    HeldPages pages = held.get(fileId);
    boolean named = pages != null || state.node(fileId) != null;
    if (layer.deltas().isBeingDiscarded(fileId)) {
      tally.pending(tally.bytes(file));
    } else if (!named && keptOpen.test(fileId)) {
      tally.open(tally.bytes(file));
    } else if (delta == null || !named) {
      tally.orphan(file, tally.bytes(file));
    } else {
      compare(file, pages == null ? HeldPages.of(delta, PageMap.empty()) : pages);
    }
  }

  private void compare(Path file, HeldPages pages) {
    int fd = disk.open(file, Posix.O_RDONLY);
    if (fd < 0) {
      tally.missing(file, 0, "cannot be opened: " + Errno.describe(-fd));
      return;
    }
    DeltaSpace space = new DeltaSpace(pages, fd);
    long[] data = new long[2];
    int result =
        space.forEachData((offset, bytes, isHeld) -> {
          data[isHeld ? 1 : 0] += isHeld ? bytes : written(fd, offset, bytes);
          return 0;
        });
    long size = disk.size(fd);
    long allocated = disk.allocatedBytes(fd);
    var _ = disk.close(fd);
    if (result < 0) {
      tally.missing(file, 0, "cannot be read: " + Errno.describe(-result));
      return;
    }
    boolean trimmed = layer.life().sealed() || !layer.frozen();
    if (!trimmed) {
      // Given back when the layer is sealed, which is about to happen.
      tally.pending(data[0]);
      allocated -= data[0];
      data[0] = 0;
    }
    tally.delta(file, pages.pages() << Page.SHIFT, data[1], data[0] + data[1], allocated);
    if (size < pages.endPage() << Page.SHIFT) {
      missing(pages, size);
    }
  }

  /**
   * How much of a stretch is not zeros. What was only reserved counts as data once a file system
   * has filled it: ext4 does so with short stretches beside one that is written.
   */
  private long written(int fd, long offset, long bytes) {
    long written = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment page = arena.allocate(Page.BYTES);
      MemorySegment zeros = arena.allocate(Page.BYTES);
      for (long at = offset; at < offset + bytes; at = (at | Page.MASK) + 1) {
        long part = Math.min(offset + bytes, (at | Page.MASK) + 1) - at;
        long got = disk.pread(fd, page.address(), part, at);
        boolean isZero = got >= 0 && page.asSlice(0, got).mismatch(zeros.asSlice(0, got)) < 0;
        written += isZero ? 0 : part;
      }
    }
    return written;
  }

  /** Pages that lie behind the end of a delta's file, of whatever size. */
  private void missing(HeldPages expected, long size) {
    long pages = expected.pagesFrom(Page.count(size));
    if (pages > 0) {
      tally.missing(
          expected.delta().path(),
          size == 0 ? pages << Page.SHIFT : 0,
          pages + " pages are not there");
    }
  }

  /** The state that a frozen layer has led to; null of one that is written to or is gone. */
  public static @Nullable FileTree frozenState(Layer layer) {
    return layer.frozen() ? layer.life().end() : null;
  }
}
