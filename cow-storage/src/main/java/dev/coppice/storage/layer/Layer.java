package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
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
  private final LayerDeltas deltas;
  private final LayerLife life = new LayerLife();
  private volatile @Nullable RecordLog log;

  /** The end of the journal's record of this layer, which must be durable before the layer is. */
  private final long journalOffset;

  /** How often a name was added to the directory; its own monitor guards the syncing of it. */
  private final AtomicLong directoryChanges = new AtomicLong();

  private volatile long directoryDurable;

  /** At which offset of the log it is to be shortened. */
  private final AtomicLong shortenAt = new AtomicLong();

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
    this.deltas = new LayerDeltas(this, openDeltas);
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

  /** How far the layer has come. */
  public LayerLife life() {
    return life;
  }

  public boolean frozen() {
    return life.frozen();
  }

  public boolean durable() {
    return life.durable();
  }

  /**
   * Ends the layer.
   *
   * @param tree the state that it has led to
   */
  public void freeze(FileTree tree) {
    life.freeze(tree, logEnd());
  }

  /** Writes the manifest of a layer whose data is durable; 0 or a negated errno. */
  int sealMerged(BooleanSupplier cancelled) {
    FileTree from = life.start();
    FileTree to = life.end();
    if (from == null || to == null) {
      throw new IllegalStateException("layer " + id + " was not merged");
    }
    int result = Manifest.write(this, from, to, cancelled);
    result = result < 0 ? result : disk().syncDirectory(files.layers());
    if (result >= 0) {
      life.seal(life.frozenEnd());
    }
    return result;
  }

  /** Whether nothing can change it any more, and its files tell all of it or are not needed. */
  public boolean mergeable() {
    return life.frozen()
        && life.durable()
        && !life.deleted()
        && (life.sealed() || (log == null && deltas.isEmpty()));
  }

  /** Sends readers on to the layer that holds the pages now. */
  public void forwardTo(Layer merged) {
    deltas.forwardTo(merged.deltas);
  }

  public long journalOffset() {
    return journalOffset;
  }

  public Delta delta(long fileId) {
    return deltas.get(fileId);
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
    life.startFrom(below);
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
    life.found(found);
    shortenAt.set(opened.growthLimit(files.logGrowthBytes()));
    // The names of its files may have been synced by the last program or not.
    directoryChanges.incrementAndGet();
  }

  void removeLog() {
    // If that fails, the next open does it.
    var _ = disk().unlink(directory().resolve(LOG));
  }

  /**
   * Writes the manifest of a frozen and durable layer, which then takes the place of its log; 0 or
   * a negated errno. Nobody else does so meanwhile.
   *
   * @param cancelled asked again and again whether to give up, which leaves the log ({@code
   *     ECANCELED})
   */
  public int seal(BooleanSupplier cancelled) {
    FileTree from = life.start();
    FileTree to = life.end();
    RecordLog current = log;
    boolean due = life.durable() && !life.sealed() && !life.deleted();
    if (!due || from == null || to == null || current == null) {
      return 0;
    }
    // What is left of truncated pages: the log that says so is durable.
    int result = deltas.trim(to);
    if (result < 0) {
      return result;
    }
    try {
      result = Manifest.write(this, from, to, cancelled);
    } catch (StorageException e) {
      result = errno(e);
    }
    if (result < 0) {
      return result;
    }
    life.seal(life.frozenEnd());
    log = null;
    current.close();
    removeLog();
    return 0;
  }

  static int errno(StorageException e) {
    return e.failure() == StorageFailure.DISK_FULL ? -Errno.ENOSPC : -Errno.EIO;
  }

  /** Delta files that no record leads to any more: of unlinked files, or never acknowledged. */
  private void removeStrays(FileTree tree) {
    if (!life.sealed()) {
      deltas.keepOnly(tree);
    }
    int result = Manifest.removeLeftOver(this);
    int left = disk().unlink(directory().resolve(LOG + RecordLog.FRESH));
    result = left == -Errno.ENOENT ? result : Math.min(result, left);
    List<String> strays = disk().list(directory()).stream().filter(deltas::isStray).toList();
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
    return current == null ? life.frozenEnd() : current.position();
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
    FileTree from = life.start();
    RecordLog current = log;
    if (from == null || current == null || life.deleted()) {
      return 0;
    }
    int result;
    try {
      result =
          current.replaceBeginning(before, fresh -> LayerState.append(this, from, state, fresh));
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
    if (life.sealed() || current == null) {
      return life.frozenEnd();
    }
    int named = syncDirectory();
    if (named < 0) {
      return life.sealed() ? life.frozenEnd() : named;
    }
    long end = append(new LayerRecord.Synced(fileId, beforeOffset, current.synced()));
    return end < 0 && life.sealed() ? life.frozenEnd() : end;
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
    if (life.deleted()) {
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
    Delta delta = deltas.find(fileId);
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
    return result < 0 && life.sealed() ? 0 : result;
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
    if (life.durable()) {
      return 0;
    }
    boolean wasFrozen = life.frozen();
    long covered = logEnd();
    int flushed = deltas.flush();
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
      life.madeDurable();
    }
    return 0;
  }

  /** Bytes that the file system has allocated for the layer. */
  public long allocatedBytes() {
    return files.allocatedBytes(directory());
  }

  /**
   * Ends all use of the layer, which nothing refers to any more. What is left to do is to remove
   * its directory.
   */
  public void abandon() {
    synchronized (this) {
      life.delete();
    }
    RecordLog current = log;
    if (current != null) {
      current.close();
    }
    deltas.retireAll();
    // Pages may lead to this object for long, and it to all layers before.
    parent = null;
  }

  public void close() {
    RecordLog current = log;
    if (current != null) {
      current.close();
    }
    deltas.closeAll();
  }

  public LayerDeltas deltas() {
    return deltas;
  }
}
