package dev.coppice.storage.layer;

import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Posix;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** The deltas of one layer by the files whose pages they hold. Any thread may use it. */
public final class LayerDeltas {

  private final Layer layer;
  private final OpenDeltas openDeltas;
  private final Map<Long, Delta> deltas = new ConcurrentHashMap<>();

  /** Out of the books, but not off the disk yet. */
  private final Set<Long> discarding = ConcurrentHashMap.newKeySet();

  LayerDeltas(Layer layer, OpenDeltas openDeltas) {
    this.layer = layer;
    this.openDeltas = openDeltas;
  }

  Delta get(long fileId) {
    return deltas.computeIfAbsent(fileId, key -> new Delta(layer, key));
  }

  public @Nullable Delta find(long fileId) {
    return deltas.get(fileId);
  }

  boolean contains(long fileId) {
    return deltas.containsKey(fileId);
  }

  boolean isEmpty() {
    return deltas.isEmpty();
  }

  public void forEach(BiConsumer<Long, Delta> action) {
    deltas.forEach(action);
  }

  /** Those of files that a state has not are left to be removed as strays. */
  void keepOnly(FileTree tree) {
    deltas.keySet().removeIf(fileId -> tree.node(fileId) == null);
  }

  static boolean isDelta(String name) {
    return name.endsWith(Delta.SUFFIX);
  }

  static long fileId(String name) {
    return Long.parseUnsignedLong(name.substring(0, name.length() - Delta.SUFFIX.length()), 16);
  }

  boolean isStray(String name) {
    return isDelta(name) && !contains(fileId(name));
  }

  boolean isBeingDiscarded(long fileId) {
    return discarding.contains(fileId);
  }

  /** Takes a delta out of the books, because nobody can reach its file any more. */
  public @Nullable Delta forget(long fileId) {
    if (contains(fileId)) {
      discarding.add(fileId);
    }
    return deltas.remove(fileId);
  }

  /** Removes a delta's file, once the log that no longer leads to it is durable. */
  public void discard(Delta delta) {
    openDeltas.removed(delta);
    // If that fails, it stays behind as a stray, which the next open removes.
    var _ = layer.disk().unlink(delta.path());
    discarding.remove(delta.fileId());
  }

  /** Makes the pages of all files durable; 0 or a negated errno. */
  int flush() {
    for (Delta delta : deltas.values()) {
      int result = delta.flush();
      if (result < 0 && !layer.life().deleted() && contains(delta.fileId())) {
        return result;
      }
    }
    return 0;
  }

  /** Gives back what a frozen layer's last state has no use for; 0 or a negated errno. */
  int trim(FileTree end) {
    int result = 0;
    for (Delta delta : deltas.values()) {
      Node node = end.node(delta.fileId());
      // A file without a name may still be open, and be read and written.
      if (result == 0 && node != null) {
        result = DeltaSpace.trim(delta, node);
      }
    }
    return result;
  }

  /**
   * Gives back what the files hold beside the pages of a state, which is durable. What fails is
   * tried again at the next open.
   */
  public void punchSurplus(FileTree state) {
    forEach((fileId, delta) -> {
      Node node = state.node(fileId);
      if (node != null) {
        var _ = DeltaSpace.punchSurplus(delta, node.pages(), node.size());
      }
    });
  }

  /** Bytes on disk of each file that the layer holds something of. */
  public Map<Long, Long> fileBytes() {
    Map<Long, Long> bytes = new HashMap<>();
    Disk disk = layer.disk();
    forEach((fileId, delta) -> {
      int fd = disk.open(delta.path(), Posix.O_RDONLY);
      if (fd >= 0) {
        bytes.put(fileId, disk.allocatedBytes(fd));
        disk.close(fd);
      }
    });
    return bytes;
  }

  void forwardTo(LayerDeltas merged) {
    forEach((fileId, delta) -> {
      Delta target = merged.find(fileId);
      if (target != null) {
        delta.forwardTo(target);
      }
    });
  }

  void retireAll() {
    closeAll();
    deltas.clear();
  }

  void closeAll() {
    deltas.values().forEach(openDeltas::removed);
  }
}
