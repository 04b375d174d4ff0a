package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What was written between two freezes: a log and delta files in a directory of its own, which does
 * not exist until there is something to write. Any thread may use it.
 */
public final class Layer {

  public static final String LOG = "log";
  static final String MAGIC = "COPLAYER";
  static final int MAX_RECORD_BYTES = 8192;
  private static final long NO_PREALLOCATION = 0;

  private final UUID id;
  private final @Nullable Layer parent;
  private final Set<String> without;
  private final StoreFiles files;
  private final OpenDeltas openDeltas;
  private final Map<Long, Delta> deltas = new ConcurrentHashMap<>();
  private volatile @Nullable RecordLog log;
  private volatile boolean frozen;
  private volatile boolean durable;

  /** The end of the journal's record of this layer, which must be durable before the layer is. */
  private final long journalOffset;

  private volatile boolean directoryDirty;
  private volatile boolean deleted;

  /**
   * @param without names that the parent's tree has at its top and this layer does not start with
   */
  public Layer(
      UUID id,
      @Nullable Layer parent,
      Set<String> without,
      StoreFiles files,
      OpenDeltas openDeltas,
      long journalOffset) {
    this.id = id;
    this.parent = parent;
    this.without = Set.copyOf(without);
    this.files = files;
    this.openDeltas = openDeltas;
    this.journalOffset = journalOffset;
  }

  public UUID id() {
    return id;
  }

  public @Nullable Layer parent() {
    return parent;
  }

  public Set<String> without() {
    return without;
  }

  public Path directory() {
    return files.layers().resolve(id.toString());
  }

  OpenDeltas openDeltas() {
    return openDeltas;
  }

  public boolean frozen() {
    return frozen;
  }

  public void freeze() {
    frozen = true;
  }

  public boolean durable() {
    return durable;
  }

  public long journalOffset() {
    return journalOffset;
  }

  public Delta delta(long fileId) {
    return deltas.computeIfAbsent(fileId, key -> new Delta(this, key));
  }

  /** Reads the layer's log on top of its parent's tree. */
  public FileTree load(FileTree parentTree, RecordLog.Tail tail) {
    FileTree start = parentTree.withoutTopLevel(without, 0);
    Path path = directory().resolve(LOG);
    if (!Files.exists(path)) {
      return start;
    }
    if (isHalfCreated(path)) {
      return start;
    }
    List<LayerRecord> records = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    RecordLog opened =
        RecordLog.open(
            path,
            MAGIC,
            id,
            MAX_RECORD_BYTES,
            NO_PREALLOCATION,
            tail,
            (payload, end) -> {
              records.add(LayerRecord.decode(payload));
              ends.add(end);
            });
    log = opened;
    if (tail == RecordLog.Tail.POWER_LOST) {
      recordPowerLoss(opened, records, ends);
    }
    FileTree tree = replay(start, records, ends);
    removeStrays(tree);
    return tree;
  }

  /** Delta files that no record leads to any more: of unlinked files, or never acknowledged. */
  private void removeStrays(FileTree tree) {
    deltas.keySet().removeIf(fileId -> tree.node(fileId) == null);
    try (var entries = Files.newDirectoryStream(directory(), "*" + Delta.SUFFIX)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        String fileId = name.substring(0, name.length() - Delta.SUFFIX.length());
        if (!deltas.containsKey(Long.parseUnsignedLong(fileId, 16))) {
          Files.delete(entry);
        }
      }
    } catch (IOException e) {
      throw StoreFiles.failure("clean", directory(), e);
    }
  }

  /** A log shorter than its header was never acknowledged. */
  private boolean isHalfCreated(Path path) {
    try {
      if (Files.size(path) >= RecordLog.HEADER_BYTES) {
        return false;
      }
      Files.delete(path);
      return true;
    } catch (IOException e) {
      throw StoreFiles.failure("read", path, e);
    }
  }

  private static void recordPowerLoss(RecordLog log, List<LayerRecord> records, List<Long> ends) {
    LayerRecord record = new LayerRecord.PowerLost();
    long end = log.append(record::encode);
    int result = end < 0 ? (int) end : log.sync(end);
    if (result < 0) {
      throw StoreFiles.failure("repair", log.path(), result);
    }
    records.add(record);
    ends.add(end);
  }

  private FileTree replay(FileTree start, List<LayerRecord> records, List<Long> ends) {
    boolean[] lost = lostRecords(records, ends);
    FileTree tree = start;
    for (int i = 0; i < records.size(); i++) {
      LayerRecord record = records.get(i);
      if (!lost[i]) {
        Delta delta = null;
        if (record instanceof LayerRecord.PagesWritten) {
          delta = delta(record.fileId());
          delta.recorded(ends.get(i));
          delta.wrote();
        }
        tree = tree.apply(record, delta);
      }
    }
    return tree;
  }

  /**
   * Pages that had not been synced when the machine went down: walks back from each such moment.
   */
  private static boolean[] lostRecords(List<LayerRecord> records, List<Long> ends) {
    boolean[] lost = new boolean[records.size()];
    Map<Long, Long> syncedBefore = new HashMap<>();
    boolean powerLost = false;
    for (int i = records.size() - 1; i >= 0; i--) {
      switch (records.get(i)) {
        case LayerRecord.PowerLost r -> {
          powerLost = true;
          syncedBefore.clear();
        }
        case LayerRecord.Synced r -> syncedBefore.merge(r.fileId(), r.beforeOffset(), Math::max);
        case LayerRecord.PagesWritten r -> {
          long covered =
              Math.max(
                  syncedBefore.getOrDefault(r.fileId(), 0L), syncedBefore.getOrDefault(0L, 0L));
          lost[i] = powerLost && ends.get(i) > covered;
        }
        case LayerRecord.Created r -> {}
        case LayerRecord.Linked r -> {}
        case LayerRecord.Unlinked r -> {}
        case LayerRecord.Renamed r -> {}
        case LayerRecord.AttributesSet r -> {}
        case LayerRecord.Resized r -> {}
      }
    }
    return lost;
  }

  /** The end of the log, or 0 while there is none. */
  public long logEnd() {
    RecordLog current = log;
    return current == null ? 0 : current.position();
  }

  /** Appends to the log and returns the offset behind the record, or a negated errno. */
  public long append(LayerRecord record) {
    RecordLog current = log;
    if (current == null) {
      int made = createLog();
      if (made < 0) {
        return made;
      }
      return append(record);
    }
    return current.append(record::encode);
  }

  long appendSynced(long fileId, long beforeOffset) {
    return append(new LayerRecord.Synced(fileId, beforeOffset));
  }

  private synchronized int createLog() {
    if (log != null) {
      return 0;
    }
    int made = makeDirectory();
    if (made < 0) {
      return made;
    }
    try {
      log =
          RecordLog.create(directory().resolve(LOG), MAGIC, id, MAX_RECORD_BYTES, NO_PREALLOCATION);
      directoryDirty = true;
      return 0;
    } catch (StorageException e) {
      return -Errno.ENOSPC;
    }
  }

  /** Makes room for deltas and the log; 0 or a negated errno. */
  public synchronized int makeDirectory() {
    if (deleted) {
      return -Errno.ENOENT;
    }
    try {
      Files.createDirectories(directory());
      directoryDirty = true;
      return 0;
    } catch (IOException e) {
      return -Errno.ENOSPC;
    }
  }

  void fileAdded() {
    directoryDirty = true;
  }

  /** Makes one file's pages durable, and the log as far as given or as the pages need. */
  public int syncFile(long fileId, long logOffset) {
    Delta delta = deltas.get(fileId);
    long needed = logOffset;
    if (delta != null) {
      int result = delta.sync();
      if (result < 0) {
        return result;
      }
      needed = Math.max(needed, delta.mustBeDurable());
    }
    return syncLog(needed);
  }

  /** Makes the log durable up to an offset, and the names of the files that it speaks of before. */
  public int syncLog(long offset) {
    RecordLog current = log;
    if (current == null) {
      return 0;
    }
    if (directoryDirty) {
      directoryDirty = false;
      int result = StoreFiles.syncDirectory(directory());
      if (result >= 0) {
        result = StoreFiles.syncDirectory(files.layers());
      }
      if (result < 0) {
        directoryDirty = true;
        return result;
      }
    }
    return current.sync(offset);
  }

  /** Makes everything durable. Of a frozen layer this holds for ever. */
  public int syncAll() {
    if (durable) {
      return 0;
    }
    boolean wasFrozen = frozen;
    long covered = logEnd();
    for (Delta delta : deltas.values()) {
      int result = delta.flush();
      if (result < 0 && !deleted && deltas.containsKey(delta.fileId())) {
        return result;
      }
    }
    RecordLog current = log;
    if (current != null) {
      long end = appendSynced(0, covered);
      int result = end < 0 ? (int) end : syncLog(end);
      if (result < 0) {
        return result;
      }
    }
    if (wasFrozen) {
      durable = true;
    }
    return 0;
  }

  /** Takes a delta out of the books, because nobody can reach its file any more. */
  public @Nullable Delta forget(long fileId) {
    return deltas.remove(fileId);
  }

  /** Removes a delta's file, once the log that no longer leads to it is durable. */
  public void discard(Delta delta) {
    openDeltas.removed(delta);
    try {
      Files.deleteIfExists(delta.path());
    } catch (IOException e) {
      // It stays behind as a stray, which the next open removes.
      return;
    }
  }

  /** Bytes that the file system has allocated for the layer. */
  public long allocatedBytes() {
    Path path = directory();
    if (!Files.exists(path)) {
      return 0;
    }
    long sum = 0;
    try (var entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        int fd = Posix.open(entry.toString(), Posix.O_RDONLY, 0);
        if (fd >= 0) {
          sum += Posix.allocatedBytes(fd);
          Posix.close(fd);
        }
      }
    } catch (IOException e) {
      return sum;
    }
    return sum;
  }

  /** Removes the layer from the disk. Nothing may refer to it any more. */
  public void delete() {
    synchronized (this) {
      deleted = true;
    }
    RecordLog current = log;
    if (current != null) {
      current.close();
    }
    deltas.values().forEach(openDeltas::removed);
    deltas.clear();
    try {
      StoreFiles.deleteTree(directory());
    } catch (IOException e) {
      // The next open finds a layer that the journal does not know, and removes it.
      return;
    }
  }

  public void close() {
    RecordLog current = log;
    if (current != null) {
      current.close();
    }
    deltas.values().forEach(openDeltas::removed);
  }

  Map<Long, Delta> deltas() {
    return deltas;
  }
}
