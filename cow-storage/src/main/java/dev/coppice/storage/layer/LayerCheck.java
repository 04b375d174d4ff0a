package dev.coppice.storage.layer;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StoreCheck;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * Verifies layers one by one and gathers what is wrong: of a sealed layer every page against its
 * checksum, of others the log and that the pages which it speaks of are there.
 */
public final class LayerCheck {

  private static final long BUFFER_BYTES = 1 << 20;

  private final LongFunction<String> pathOf;
  private final List<String> problems = new ArrayList<>();
  private long layers;
  private long files;
  private long pages;

  /**
   * @param pathOf what users call a file
   */
  public LayerCheck(LongFunction<String> pathOf) {
    this.pathOf = pathOf;
  }

  /** Any layer, also while it is written to, sealed or deleted. */
  public void verify(Layer layer) {
    layers++;
    List<String> found = new ArrayList<>();
    verify(layer, found);
    if (!found.isEmpty() && layer.life().sealed()) {
      // Its log may have gone away under the check.
      found.clear();
      verify(layer, found);
    }
    if (!layer.life().deleted()) {
      problems.addAll(found);
    }
  }

  private void verify(Layer layer, List<String> found) {
    Disk disk = layer.disk();
    Path log = layer.directory().resolve(Layer.LOG);
    try {
      if (disk.exists(Manifest.path(layer))) {
        verifyPages(layer, found);
      } else if (disk.exists(log)) {
        verifyLog(layer, log, found);
      }
    } catch (CorruptStoreException | StorageException e) {
      found.add("layer %s: %s".formatted(layer.id(), e.getMessage()));
    }
  }

  private void verifyPages(Layer layer, List<String> found) {
    Set<Long> seen = new HashSet<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(BUFFER_BYTES);
      Manifest.readAll(
          layer.disk(),
          Manifest.path(layer),
          layer.id(),
          (payload, end) -> {
            if (LayerRecord.decode(payload) instanceof StateRecord.PageChecksums sums) {
              if (seen.add(sums.fileId())) {
                files++;
              }
              pages += sums.checksums().size();
              verifyPages(layer, sums, buffer, found);
            }
          });
    }
  }

  private void verifyPages(
      Layer layer, StateRecord.PageChecksums expected, MemorySegment buffer, List<String> found) {
    String delta = Delta.name(expected.fileId());
    int fd = layer.disk().open(layer.directory().resolve(delta), Posix.O_RDONLY);
    int[] actual = new int[expected.checksums().size()];
    int result =
        fd < 0 ? fd : Manifest.checksums(layer.disk(), fd, expected.firstPage(), actual, buffer);
    if (fd >= 0) {
      var _ = layer.disk().close(fd);
    }
    if (result < 0) {
      found.add(
          "layer %s: pages %d to %d of %s (%s) cannot be read: %s"
              .formatted(
                  layer.id(),
                  expected.firstPage(),
                  expected.firstPage() + actual.length - 1,
                  pathOf.apply(expected.fileId()),
                  delta,
                  Errno.describe(-result)));
      return;
    }
    for (int i = 0; i < actual.length; i++) {
      if (actual[i] != expected.checksums().get(i)) {
        found.add(
            "layer %s: page %d of %s (%s) has checksum %08x, the manifest says %08x"
                .formatted(
                    layer.id(),
                    expected.firstPage() + i,
                    pathOf.apply(expected.fileId()),
                    delta,
                    actual[i],
                    expected.checksums().get(i)));
      }
    }
  }

  private void verifyLog(Layer layer, Path log, List<String> found) {
    Map<Long, Long> endOf = new HashMap<>();
    RecordReader reader = RecordReader.open(layer.disk(), log, Layer.MAX_RECORD_BYTES);
    reader.header(Layer.MAGIC).requireId(RecordReader.shortName(log), layer.id());
    LayerLog records = new LayerLog();
    var _ = reader.read(Layer.MAGIC, RecordReader.Tail.KILLED, records);
    records.forEach(record -> count(layer, record, endOf));
    layer
        .deltas()
        .forEach(
            (fileId, delta) -> verifySize(layer, delta, endOf.getOrDefault(fileId, 0L), found));
  }

  private void count(Layer layer, LayerRecord record, Map<Long, Long> endOf) {
    if (record instanceof LayerRecord.PagesWritten written) {
      pages += written.pages();
      endOf.merge(written.fileId(), written.firstPage() + written.pages(), Math::max);
    } else if (record instanceof StateRecord.PagesHeld held
        && layer.id().equals(held.ownerLayer())) {
      pages += held.pages();
      endOf.merge(held.ownerFile(), held.firstPage() + held.pages(), Math::max);
    } else if (record instanceof LayerRecord.Resized resized) {
      endOf.computeIfPresent(
          resized.fileId(), (id, end) -> Math.min(end, Page.count(resized.size())));
    }
  }

  private void verifySize(Layer layer, Delta delta, long pageEnd, List<String> found) {
    files++;
    if (pageEnd == 0) {
      return;
    }
    int fd = layer.disk().open(delta.path(), Posix.O_RDONLY);
    long size = fd < 0 ? fd : layer.disk().size(fd);
    if (fd >= 0) {
      var _ = layer.disk().close(fd);
    }
    if (size < pageEnd << Page.SHIFT && layer.deltas().contains(delta.fileId())) {
      String has = size < 0 ? "cannot be opened" : "has " + size + " bytes";
      found.add(
          "layer %s: %s (%s) %s, its pages need %d"
              .formatted(
                  layer.id(),
                  pathOf.apply(delta.fileId()),
                  delta.path().getFileName(),
                  has,
                  pageEnd << Page.SHIFT));
    }
  }

  public StoreCheck result() {
    return new StoreCheck(layers, files, pages, problems);
  }
}
