package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
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

  Disk disk() {
    return files.disk();
  }

  long nanoTime() {
    return files.nanoTime();
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
    if (!disk().exists(path)) {
      return start;
    }
    if (isHalfCreated(path)) {
      return start;
    }
    List<LayerRecord> records = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    RecordLog opened =
        RecordLog.open(
            disk(),
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
    for (String name : disk().list(directory())) {
      if (name.endsWith(Delta.SUFFIX)) {
        String fileId = name.substring(0, name.length() - Delta.SUFFIX.length());
        if (!deltas.containsKey(Long.parseUnsignedLong(fileId, 16))) {
          require(disk().unlink(directory().resolve(name)), "clean", directory());
        }
      }
    }
  }

  private static void require(long result, String what, Path on) {
    if (result < 0) {
      throw StoreFiles.failure(what, on, result);
    }
  }

  /** A log shorter than its header was never acknowledged. */
  private boolean isHalfCreated(Path path) {
    int fd = disk().open(path, Posix.O_RDONLY);
    require(fd, "read", path);
    long size = disk().size(fd);
    var _ = disk().close(fd);
    require(size, "read", path);
    if (size >= RecordLog.HEADER_BYTES) {
      return false;
    }
    require(disk().unlink(path), "clean", path);
    return true;
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
          RecordLog.create(
              disk(), directory().resolve(LOG), MAGIC, id, MAX_RECORD_BYTES, NO_PREALLOCATION);
      directoryDirty = true;
      return 0;
    } catch (StorageException e) {
      return e.failure() == StorageFailure.DISK_FULL ? -Errno.ENOSPC : -Errno.EIO;
    }
  }

  /** Makes room for deltas and the log; 0 or a negated errno. */
  public synchronized int makeDirectory() {
    if (deleted) {
      return -Errno.ENOENT;
    }
    int made = files.makeDirectories(directory());
    if (made == 0) {
      directoryDirty = true;
    }
    return made;
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
      int result = disk().syncDirectory(directory());
      if (result >= 0) {
        result = disk().syncDirectory(files.layers());
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
    // If that fails, it stays behind as a stray, which the next open removes.
    var _ = disk().unlink(delta.path());
  }

  /** Bytes that the file system has allocated for the layer. */
  public long allocatedBytes() {
    long sum = 0;
    for (String name : disk().list(directory())) {
      int fd = disk().open(directory().resolve(name), Posix.O_RDONLY);
      if (fd >= 0) {
        sum += Math.max(0, disk().allocatedBytes(fd));
        var _ = disk().close(fd);
      }
    }
    return sum;
  }

  /** Bytes on disk of each file that the layer holds something of. */
  public Map<Long, Long> fileBytes() {
    Map<Long, Long> bytes = new HashMap<>();
    deltas.forEach((fileId, delta) -> {
      int fd = disk().open(delta.path(), Posix.O_RDONLY);
      if (fd >= 0) {
        bytes.put(fileId, disk().allocatedBytes(fd));
        disk().close(fd);
      }
    });
    return bytes;
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
    // If that fails, the next open finds a layer that the journal does not know, and removes it.
    var _ = files.removeLayer(directory());
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
