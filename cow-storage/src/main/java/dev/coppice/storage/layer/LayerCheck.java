package dev.coppice.storage.layer;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StoreCheck;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Posix;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Verifies layers one by one and gathers what is wrong. */
public final class LayerCheck {

  private final List<String> problems = new ArrayList<>();
  private long layers;
  private long files;
  private long pages;

  public void verify(Layer layer) {
    layers++;
    Path log = layer.directory().resolve(Layer.LOG);
    Disk disk = layer.disk();
    if (!disk.exists(log)) {
      return;
    }
    Map<Long, Long> pagesOf = new HashMap<>();
    try {
      var _ =
          RecordLog.read(
              disk,
              log,
              Layer.MAGIC,
              layer.id(),
              Layer.MAX_RECORD_BYTES,
              RecordLog.Tail.KILLED,
              (payload, end) -> count(LayerRecord.decode(payload), pagesOf));
    } catch (CorruptStoreException e) {
      problems.add("layer %s: %s".formatted(layer.id(), e.getMessage()));
      return;
    }
    layer
        .deltas()
        .forEach((fileId, delta) -> verify(layer, delta, pagesOf.getOrDefault(fileId, 0L)));
  }

  private void count(LayerRecord record, Map<Long, Long> pagesOf) {
    if (record instanceof LayerRecord.PagesWritten written) {
      pages += written.pages();
      pagesOf.merge(written.fileId(), written.firstPage() + written.pages(), Math::max);
    } else if (record instanceof LayerRecord.Resized resized) {
      pagesOf.computeIfPresent(
          resized.fileId(), (id, end) -> Math.min(end, Page.count(resized.size())));
    }
  }

  private void verify(Layer layer, Delta delta, long pageEnd) {
    files++;
    if (pageEnd == 0) {
      return;
    }
    int fd = layer.disk().open(delta.path(), Posix.O_RDONLY);
    if (fd < 0) {
      if (layer.deltas().containsKey(delta.fileId())) {
        problems.add(
            "layer %s: %s cannot be opened".formatted(layer.id(), delta.path().getFileName()));
      }
      return;
    }
    long size = layer.disk().size(fd);
    var _ = layer.disk().close(fd);
    if (size < pageEnd << Page.SHIFT && layer.deltas().containsKey(delta.fileId())) {
      problems.add(
          "layer %s: %s has %d bytes, its pages need %d"
              .formatted(layer.id(), delta.path().getFileName(), size, pageEnd << Page.SHIFT));
    }
  }

  public StoreCheck result() {
    return new StoreCheck(layers, files, pages, problems);
  }
}
