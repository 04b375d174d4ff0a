package dev.coppice.storage.layer;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads a layer from disk: its manifest, or its log. After a power loss it also takes out of the
 * layer what was not synced.
 */
final class LayerLoading {

  private final Layer layer;
  private final FileTree start;
  private final @Nullable UUID ended;
  private final boolean powerLost;

  /**
   * @param ended the run of the machine that ended since; null if it goes on
   */
  LayerLoading(Layer layer, FileTree start, @Nullable UUID ended) {
    this.layer = layer;
    this.start = start;
    this.ended = ended;
    this.powerLost = ended != null;
  }

  /** The tree of a sealed layer, or null where there is no manifest. */
  @Nullable FileTree fromManifest() {
    Path path = Manifest.path(layer);
    if (!layer.disk().exists(path)) {
      return null;
    }
    Manifest manifest = Manifest.read(layer.disk(), path, layer.id());
    layer.life().seal(manifest.logEnd());
    FileTree tree = LayerState.apply(start, manifest.state(), layer::deltaOf);
    if (layer.disk().exists(layer.directory().resolve(Layer.LOG))) {
      // Whoever wrote the manifest may have been killed before its name was durable.
      require(layer.disk().syncDirectory(layer.directory()), "sync", layer.directory());
      layer.removeLog();
    }
    return tree;
  }

  /**
   * @param discard whether none of it can have been synced, since a layer below is not complete
   */
  FileTree fromLog(boolean discard) {
    Path path = layer.directory().resolve(Layer.LOG);
    if (!layer.disk().exists(path)) {
      return start;
    }
    if (discard || isHalfCreated(path)) {
      require(layer.disk().unlink(path), "clean", path);
      // Or it might come back with the next power loss, when it no longer looks incomplete.
      require(layer.disk().syncDirectory(layer.directory()), "sync", layer.directory());
      return start;
    }
    LayerLog records = new LayerLog();
    RecordReader.Tail tail = powerLost ? RecordReader.Tail.POWER_LOST : RecordReader.Tail.KILLED;
    RecordLog log =
        RecordLog.open(
            layer.disk(), path, Layer.MAGIC, layer.id(), Layer.MAX_RECORD_BYTES, tail, records);
    UUID run = ended;
    layer.opened(log, run == null ? log.position() : records.endOf(run));
    if (run != null) {
      LayerRecord record = new LayerRecord.PowerLost(run);
      records.add(record, append(log, record));
    }
    FileTree tree = replay(records);
    tree = repairEnds(tree, records, log);
    if (powerLost) {
      syncRepairs(log);
    }
    return tree;
  }

  private FileTree replay(LayerLog records) {
    try {
      return records.replay(start, layer);
    } catch (IllegalStateException e) {
      String name = RecordReader.shortName(layer.directory().resolve(Layer.LOG));
      throw new CorruptStoreException(
          name, 0, "records that follow from each other", String.valueOf(e.getMessage()));
    }
  }

  private long append(RecordLog log, LayerRecord record) {
    long end = log.append(record::encode);
    require(end, "repair", layer.directory());
    return end;
  }

  private static void require(long result, String what, Path on) {
    if (result < 0) {
      throw StoreFiles.failure(what, on, result);
    }
  }

  /** A log shorter than its header was never acknowledged, nor one that was never synced. */
  private boolean isHalfCreated(Path path) {
    int fd = layer.disk().open(path, Posix.O_RDONLY);
    require(fd, "read", path);
    long size = layer.disk().size(fd);
    var _ = layer.disk().close(fd);
    require(size, "read", path);
    return size < FileHeader.BYTES
        || (powerLost
            && RecordReader.open(layer.disk(), path, Layer.MAX_RECORD_BYTES)
                .neverSynced(Layer.MAGIC, new LayerLog()));
  }

  /**
   * The log may say that a file ends within a page while the bytes behind that are not zero as they
   * should be: they had not been synced, or were written by a write that was not acknowledged.
   */
  private FileTree repairEnds(FileTree loaded, LayerLog records, RecordLog log) {
    FileTree tree = loaded;
    for (long fileId : records.writtenFiles()) {
      Node node = tree.node(fileId);
      if (node != null && (node.size() & Page.MASK) != 0) {
        tree = repairEnd(tree, node, log);
      }
    }
    return tree;
  }

  private void syncRepairs(RecordLog log) {
    require(layer.deltas().flush(), "repair", layer.directory());
    LayerRecord.Synced synced = new LayerRecord.Synced(0, log.position(), log.synced());
    require(layer.syncLog(append(log, synced)), "repair", layer.directory());
  }

  private FileTree repairEnd(FileTree tree, Node node, RecordLog log) {
    long page = node.size() >> Page.SHIFT;
    Delta owner = node.pages().owner(page);
    if (owner == null) {
      return tree;
    }
    int used = (int) (node.size() & Page.MASK);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment content = arena.allocate(Page.BYTES);
      copy(owner, page, content, false);
      MemorySegment behind = content.asSlice(used);
      if (behind.mismatch(arena.allocate(behind.byteSize())) < 0) {
        return tree;
      }
      behind.fill((byte) 0);
      Delta own = layer.delta(node.id());
      copy(own, page, content, true);
      own.wrote();
      if (owner.equals(own)) {
        return tree;
      }
      LayerRecord.PagesWritten record =
          new LayerRecord.PagesWritten(node.id(), page, 1, node.size(), node.modifiedNanos());
      own.recorded(append(log, record));
      return tree.apply(record, own);
    }
  }

  private static void copy(Delta delta, long page, MemorySegment content, boolean write) {
    int fd = delta.acquire();
    require(fd, "repair", delta.path());
    try {
      long offset = page << Page.SHIFT;
      long done =
          write
              ? delta.disk().pwrite(fd, content.address(), Page.BYTES, offset)
              : delta.disk().pread(fd, content.address(), Page.BYTES, offset);
      require(done, "repair", delta.path());
    } finally {
      delta.release();
    }
  }
}
