package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
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
  private volatile @Nullable Layer parent;
  private final Set<String> without;
  private final StoreFiles files;
  private final OpenDeltas openDeltas;
  private final Map<Long, Delta> deltas = new ConcurrentHashMap<>();
  private volatile @Nullable RecordLog log;
  private volatile boolean frozen;
  private volatile boolean durable;
  private volatile boolean sealed;

  /** Where the log ended when the layer was frozen. */
  private volatile long frozenEnd;

  /** Where the log ended when the layer was loaded. */
  private volatile long foundEnd;

  /** The states that the layer leads from and to. */
  private volatile @Nullable FileTree start;

  private volatile @Nullable FileTree end;

  /** The end of the journal's record of this layer, which must be durable before the layer is. */
  private final long journalOffset;

  /** How often a name was added to the directory; its own monitor guards the syncing of it. */
  private final AtomicLong directoryChanges = new AtomicLong();

  private volatile long directoryDurable;

  /** At which offset of the log it is to be shortened. */
  private final AtomicLong shortenAt = new AtomicLong();

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
    this.shortenAt.set(files.logGrowthBytes());
  }

  public UUID id() {
    return id;
  }

  public @Nullable Layer parent() {
    return parent;
  }

  /** Puts the layer on one that does what those below it did. */
  public void rebase(Layer merged) {
    parent = merged;
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

  /** The platform's clock, of no particular origin. */
  public long nanoTime() {
    return files.nanoTime();
  }

  OpenDeltas openDeltas() {
    return openDeltas;
  }

  public boolean frozen() {
    return frozen;
  }

  /**
   * Ends the layer.
   *
   * @param tree the state that it has led to
   */
  public void freeze(FileTree tree) {
    frozenEnd = Math.max(frozenEnd, logEnd());
    end = tree;
    frozen = true;
  }

  /** Tells the state that the layer starts from. */
  public void startFrom(FileTree tree) {
    start = tree;
  }

  /** The state that the layer started from. */
  public @Nullable FileTree start() {
    return start;
  }

  /** Where the log ended when the layer was loaded, before any repair. */
  public long foundEnd() {
    return foundEnd;
  }

  /** The state that a frozen layer has led to. */
  @Nullable FileTree end() {
    return end;
  }

  /** Says what a layer that was merged from others leads from and to. */
  void replace(FileTree from, FileTree to, long logEnd) {
    start = from;
    end = to;
    frozenEnd = logEnd;
    frozen = true;
  }

  /** Writes the manifest of a layer whose data is durable; 0 or a negated errno. */
  int sealMerged() {
    FileTree from = start;
    FileTree to = end;
    if (from == null || to == null) {
      throw new IllegalStateException("layer " + id + " was not merged");
    }
    int result = Manifest.write(this, from, to);
    result = result < 0 ? result : disk().syncDirectory(files.layers());
    if (result >= 0) {
      sealed(frozenEnd);
    }
    return result;
  }

  /** Whether nothing can change it any more, and its files tell all of it or are not needed. */
  public boolean mergeable() {
    return frozen && durable && !deleted && (sealed || (log == null && deltas.isEmpty()));
  }

  /** Sends readers on to the layer that holds the pages now. */
  public void forwardTo(Layer merged) {
    deltas.forEach((fileId, delta) -> {
      Delta target = merged.deltas.get(fileId);
      if (target != null) {
        delta.forwardTo(target);
      }
    });
  }

  /** Where the log of a frozen layer ended. */
  public long frozenEnd() {
    return frozenEnd;
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

  /** The delta of a file in this layer or one that it rests on. */
  Delta deltaOf(UUID layerId, long fileId) {
    for (Layer at = this; at != null; at = at.parent) {
      if (at.id.equals(layerId)) {
        return at.delta(fileId);
      }
    }
    throw new IllegalStateException("layer " + id + " does not rest on layer " + layerId);
  }

  /**
   * Reads the layer from disk, on top of its parent's tree.
   *
   * @param ended the run of the machine that ended since the layer was last written to, or null
   * @param discard whether nothing in the log counts, since a layer below is not complete
   */
  public FileTree load(FileTree parentTree, @Nullable UUID ended, boolean discard) {
    FileTree below = parentTree.withoutTopLevel(without, 0);
    start = below;
    LayerLoading loading = new LayerLoading(this, below, ended);
    FileTree fromManifest = loading.fromManifest();
    FileTree tree = fromManifest == null ? loading.fromLog(discard) : fromManifest;
    if (disk().exists(directory())) {
      removeStrays(tree);
    }
    return tree;
  }

  /**
   * @param found where the log ended when it was opened, before any repair
   */
  void opened(RecordLog opened, long found) {
    log = opened;
    foundEnd = found;
    shortenAt.set(opened.growthLimit(files.logGrowthBytes()));
    // The names of its files may have been synced by the last program or not.
    directoryChanges.incrementAndGet();
  }

  /** The layer's manifest is there and tells all of it. */
  void sealed(long logEnd) {
    frozenEnd = logEnd;
    foundEnd = logEnd;
    frozen = true;
    durable = true;
    sealed = true;
  }

  boolean deleted() {
    return deleted;
  }

  void removeLog() {
    // If that fails, the next open does it.
    var _ = disk().unlink(directory().resolve(LOG));
  }

  /**
   * Writes the manifest of a frozen and durable layer, which then takes the place of its log; 0 or
   * a negated errno. Nobody else does so meanwhile.
   */
  public int seal() {
    FileTree from = start;
    FileTree to = end;
    RecordLog current = log;
    if (!durable || sealed || deleted || from == null || to == null || current == null) {
      return 0;
    }
    int result;
    try {
      result = Manifest.write(this, from, to);
    } catch (StorageException e) {
      result = errno(e);
    }
    if (result < 0) {
      return result;
    }
    sealed(frozenEnd);
    log = null;
    current.close();
    removeLog();
    return 0;
  }

  static int errno(StorageException e) {
    return e.failure() == StorageFailure.DISK_FULL ? -Errno.ENOSPC : -Errno.EIO;
  }

  /** Whether the manifest tells all of the layer. */
  public boolean sealed() {
    return sealed;
  }

  /** Delta files that no record leads to any more: of unlinked files, or never acknowledged. */
  private void removeStrays(FileTree tree) {
    deltas.keySet().removeIf(fileId -> tree.node(fileId) == null);
    int result = Manifest.removeLeftOver(this);
    int left = disk().unlink(directory().resolve(LOG + RecordLog.FRESH));
    result = left == -Errno.ENOENT ? result : Math.min(result, left);
    List<String> strays = disk().list(directory()).stream().filter(this::isStray).toList();
    if (!strays.isEmpty()) {
      // A power loss must not bring a name back whose pages are gone.
      result = Math.min(result, syncLog(logEnd()));
    }
    for (String name : strays) {
      result = result < 0 ? result : disk().unlink(directory().resolve(name));
    }
    if (result < 0) {
      throw StoreFiles.failure("clean", directory(), result);
    }
  }

  /** The end of the log, or 0 while there is none. */
  public long logEnd() {
    RecordLog current = log;
    return current == null ? frozenEnd : current.position();
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

  /** Whether the log has become long; true once, and again after {@link #shortenLog}. */
  public boolean logIsLong() {
    long limit = shortenAt.get();
    return logEnd() > limit && shortenAt.compareAndSet(limit, Long.MAX_VALUE);
  }

  /**
   * Replaces the log's records before an offset by the state that they led to, all of whose pages
   * are durable; 0 or a negated errno. Nobody else does so or seals the layer meanwhile.
   */
  public int shortenLog(FileTree state, long before) {
    FileTree from = start;
    RecordLog current = log;
    if (from == null || current == null || deleted) {
      return 0;
    }
    int result;
    try {
      result = current.replaceBeginning(before, fresh -> LayerState.append(from, state, fresh));
    } catch (StorageException e) {
      result = errno(e);
    }
    long next = current.growthLimit(files.logGrowthBytes());
    shortenAt.set(result < 0 ? current.position() + files.logGrowthBytes() : next);
    return result == -Errno.EFBIG ? 0 : result;
  }

  /**
   * Says that pages are durable, which takes their delta's name as well: a power loss may keep the
   * record and lose the name. Of no use any more once the layer is sealed.
   */
  long appendSynced(long fileId, long beforeOffset) {
    RecordLog current = log;
    if (sealed || current == null) {
      return frozenEnd;
    }
    int named = syncDirectory();
    if (named < 0) {
      return sealed ? frozenEnd : named;
    }
    long end = append(new LayerRecord.Synced(fileId, beforeOffset, current.synced()));
    return end < 0 && sealed ? frozenEnd : end;
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
      directoryChanges.incrementAndGet();
      return 0;
    } catch (StorageException e) {
      return errno(e);
    }
  }

  /** Makes room for deltas and the log; 0 or a negated errno. */
  public synchronized int makeDirectory() {
    if (deleted) {
      return -Errno.ENOENT;
    }
    int made = files.makeDirectories(directory());
    if (made == 0) {
      directoryChanges.incrementAndGet();
    }
    return made;
  }

  void fileAdded() {
    directoryChanges.incrementAndGet();
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
    int named = syncDirectory();
    if (named < 0) {
      return named;
    }
    int result = current.sync(offset);
    return result < 0 && sealed ? 0 : result;
  }

  /** Makes the names of the log and of the deltas durable; 0 or a negated errno. */
  private int syncDirectory() {
    if (directoryDurable == directoryChanges.get()) {
      return 0;
    }
    synchronized (directoryChanges) {
      long covered = directoryChanges.get();
      if (directoryDurable == covered) {
        return 0;
      }
      int result = disk().syncDirectory(directory());
      if (result >= 0) {
        result = disk().syncDirectory(files.layers());
      }
      if (result >= 0) {
        directoryDurable = covered;
      }
      return Math.min(result, 0);
    }
  }

  /** Makes everything durable. Of a frozen layer this holds for ever. */
  public int syncAll() {
    if (durable) {
      return 0;
    }
    boolean wasFrozen = frozen;
    long covered = logEnd();
    int flushed = flushDeltas();
    if (flushed < 0) {
      return flushed;
    }
    if (log != null) {
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

  /** Makes the pages of all files durable; 0 or a negated errno. */
  int flushDeltas() {
    for (Delta delta : deltas.values()) {
      int result = delta.flush();
      if (result < 0 && !deleted && deltas.containsKey(delta.fileId())) {
        return result;
      }
    }
    return 0;
  }

  private boolean isStray(String name) {
    return name.endsWith(Delta.SUFFIX)
        && !deltas.containsKey(
            Long.parseUnsignedLong(name.substring(0, name.length() - Delta.SUFFIX.length()), 16));
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
    // Pages may lead to this object for long, and it to all states before.
    start = null;
    end = null;
    parent = null;
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
