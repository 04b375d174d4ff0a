package dev.coppice.storage.branch;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.LayerRecord;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import dev.coppice.storage.tree.PageMap;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.locks.StampedLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A writable tree of files. Operations return an id, a count or 0, or a negated errno. Any thread
 * may call them; those that change something pass the gate, which a freeze closes.
 */
public final class Branch {

  private final BranchId id;
  private final int slot;
  private final FileIds fileIds;
  private final Durability durability;
  private final Background background;
  private final Cloning cloning;
  private final StampedLock gate = new StampedLock();
  private final Object names = new Object();
  private final LiveFiles live;
  private volatile FileTree tree;
  private volatile Layer top;
  private volatile @Nullable Allowance allowance;
  private volatile boolean relaxed;

  /**
   * @param freezer puts a new layer on top of the branch if this one still is
   */
  Branch(
      BranchId id,
      int slot,
      FileTree tree,
      Layer top,
      FileIds fileIds,
      Journal journal,
      Background background,
      BiConsumer<Branch, Layer> freezer) {
    this.cloning = new Cloning(this, background, freezer);
    this.background = background;
    this.live = new LiveFiles(background, this::tree);
    this.id = id;
    this.slot = slot;
    this.tree = tree;
    this.top = top;
    this.fileIds = fileIds;
    this.durability = new Durability(journal);
  }

  static long nowNanos() {
    return Math.multiplyExact(System.currentTimeMillis(), 1_000_000L);
  }

  public BranchId id() {
    return id;
  }

  /** Distinguishes the branches of one mount. */
  public int slot() {
    return slot;
  }

  Layer top() {
    return top;
  }

  void limit(@Nullable Allowance newAllowance) {
    allowance = newAllowance;
  }

  @Nullable Allowance allowance() {
    return allowance;
  }

  boolean relaxed() {
    return relaxed;
  }

  /** Whether {@link #sync} and {@link #syncNames} do nothing. */
  public void relax(boolean whether) {
    relaxed = whether;
  }

  public FileTree tree() {
    return tree;
  }

  /** The node without the content that has been written since the last freeze. */
  public @Nullable Node node(long fileId) {
    Node node = tree.node(fileId);
    if (node == null) {
      LiveFile file = live.find(fileId);
      return file == null ? null : file.lastNode();
    }
    return node;
  }

  /** The links that a file has now; 0 for one that is only open any more. */
  public int links(long fileId) {
    Node node = tree.node(fileId);
    return node == null ? 0 : node.links();
  }

  public @Nullable LiveFile file(long fileId) {
    return live.use(fileId, top);
  }

  public long lookup(long parent, String name) {
    return rules().lookup(parent, name);
  }

  /** What the names that there are now allow. */
  private NameRules rules() {
    return new NameRules(tree);
  }

  /** Keeps a file alive until it is forgotten as often, even if it loses its last name. */
  public void remember(long fileId) {
    live.remember(fileId, top);
  }

  public void forget(long fileId, long lookups) {
    live.forget(fileId, lookups);
  }

  /** Makes a file, directory or symbolic link and returns its id. */
  public long create(long parent, String name, int mode, String target) {
    long stamp = gate.readLock();
    try {
      synchronized (names) {
        int problem = rules().checkNew(parent, name);
        if (problem < 0) {
          return problem;
        }
        long fileId = fileIds.next();
        int result =
            change(new LayerRecord.Created(fileId, parent, name, mode, target, nowNanos()));
        return result < 0 ? result : fileId;
      }
    } finally {
      gate.unlockRead(stamp);
    }
  }

  /** Logs, then applies. The caller holds the gate and the names. */
  private int change(LayerRecord record) {
    long end = top.append(record);
    if (end < 0) {
      return (int) end;
    }
    tree = tree.apply(record, null);
    LiveFile file = live.find(record.fileId());
    if (file != null) {
      file.recorded(end);
    }
    noteGrowth();
    return 0;
  }

  public int link(long fileId, long newParent, String newName) {
    return changeNames(() -> {
      Node node = tree.node(fileId);
      if (node == null) {
        return -Errno.ENOENT;
      }
      if (node.isDirectory()) {
        return -Errno.EPERM;
      }
      int problem = rules().checkNew(newParent, newName);
      return problem < 0
          ? problem
          : change(new LayerRecord.Linked(fileId, newParent, newName, nowNanos()));
    });
  }

  int changeNames(Supplier<Integer> action) {
    long stamp = gate.readLock();
    try {
      synchronized (names) {
        return action.get();
      }
    } finally {
      gate.unlockRead(stamp);
    }
  }

  public int unlink(long parent, String name) {
    return changeNames(() -> remove(parent, name, false));
  }

  public int removeDirectory(long parent, String name) {
    return changeNames(() -> remove(parent, name, true));
  }

  private int remove(long parent, String name, boolean directory) {
    long found = lookup(parent, name);
    if (found < 0) {
      return (int) found;
    }
    int problem = rules().checkRemovable(found, directory);
    if (problem < 0) {
      return problem;
    }
    Node last = tree.node(found);
    int result = change(new LayerRecord.Unlinked(parent, name, nowNanos()));
    if (result == 0) {
      afterUnlink(last);
    }
    return result;
  }

  private void afterUnlink(@Nullable Node last) {
    if (last != null && last.isRegular() && tree.node(last.id()) == null) {
      live.unlinked(last, top);
    }
  }

  public int rename(long fromParent, String fromName, long toParent, String toName, int flags) {
    return changeNames(() -> move(fromParent, fromName, toParent, toName, flags));
  }

  private int move(long fromParent, String fromName, long toParent, String toName, int flags) {
    long moved = lookup(fromParent, fromName);
    long replaced = lookup(toParent, toName);
    int problem = rules().checkMove(moved, toParent, toName, replaced, flags);
    if (problem < 0 || moved == replaced) {
      return problem;
    }
    boolean exchange = (flags & NameRules.EXCHANGE) != 0;
    Node last = replaced > 0 && !exchange ? tree.node(replaced) : null;
    int result =
        change(
            new LayerRecord.Renamed(
                moved, fromParent, fromName, toParent, toName, exchange, nowNanos()));
    if (result == 0) {
      afterUnlink(last);
    }
    return result;
  }

  /** Sets permissions and times; what is negative stays as it is. */
  public int setAttributes(long fileId, int permissions, long modifiedNanos) {
    return changeNames(() -> {
      Node node = tree.node(fileId);
      if (node == null) {
        return setUnlinked(fileId, permissions, modifiedNanos);
      }
      LiveFile file = live.find(fileId);
      long oldModified = file == null ? node.modifiedNanos() : file.modifiedNanos();
      long modified = modifiedNanos < 0 ? oldModified : modifiedNanos;
      int result =
          change(
              new LayerRecord.AttributesSet(
                  fileId,
                  permissions < 0 ? node.mode() & Node.PERMISSIONS : permissions,
                  modified,
                  nowNanos()));
      if (result == 0 && file != null) {
        file.touch(modified);
      }
      return result;
    });
  }

  /** A file without a name needs no record. */
  private int setUnlinked(long fileId, int permissions, long modifiedNanos) {
    LiveFile file = live.find(fileId);
    if (file == null) {
      return -Errno.ENOENT;
    }
    Node last = file.lastNode();
    long modified = modifiedNanos < 0 ? file.modifiedNanos() : modifiedNanos;
    int newPermissions = permissions < 0 ? last.mode() & Node.PERMISSIONS : permissions;
    file.describe(last.withAttributes(newPermissions, modified, nowNanos()));
    file.touch(modified);
    return 0;
  }

  public int write(
      LiveFile file,
      MemorySegment source,
      long sourceOffset,
      int bytes,
      long offset,
      MemorySegment scratch) {
    Allowance limit = allowance;
    if (limit != null) {
      long missing = file.missing(top, offset, bytes);
      int refused = limit.spend(tree, file, missing, offset + bytes);
      if (refused < 0) {
        return refused;
      }
    }
    long stamp = gate.readLock();
    try {
      int result = file.write(top, source, sourceOffset, bytes, offset, scratch);
      if (result < 0) {
        background.reclaim(top, top.logEnd(), () -> freeSurplus(file.id()));
      }
      noteChange(file);
      return result < 0 ? result : bytes;
    } finally {
      gate.unlockRead(stamp);
    }
  }

  /** Writes what a cache had taken before, which tells the time of that by itself. */
  public int writeBack(
      LiveFile file,
      MemorySegment source,
      long sourceOffset,
      int bytes,
      long offset,
      MemorySegment scratch) {
    long modified = file.modifiedNanos();
    int result = write(file, source, sourceOffset, bytes, offset, scratch);
    file.touch(modified);
    return result;
  }

  /** Sets the time of the last write, which a killed process may lose. */
  public void touch(LiveFile file, long modifiedNanos) {
    long stamp = gate.readLock();
    try {
      file.wasModified(modifiedNanos);
      noteChange(file);
    } finally {
      gate.unlockRead(stamp);
    }
  }

  public int resize(LiveFile file, long size, MemorySegment scratch) {
    long stamp = gate.readLock();
    try {
      boolean shrinks = size < file.size();
      int result = file.resize(top, size, scratch);
      noteChange(file);
      if (result == 0 && shrinks && file.heldIn(top) != null) {
        background.reclaim(top, top.logEnd(), () -> freeSurplus(file.id()));
      }
      return result;
    } finally {
      gate.unlockRead(stamp);
    }
  }

  /** Unless a freeze came first: then it is done when the layer is sealed. */
  void freeSurplus(long fileId) {
    Layer layer = top;
    live.remember(fileId, layer);
    try {
      LiveFile file = live.find(fileId);
      long covered = layer.logEnd();
      if (file != null && layer.syncLog(covered) == 0 && !freeSurplus(file, layer, covered)) {
        background.reclaim(layer, layer.logEnd(), () -> freeSurplus(fileId));
      }
    } finally {
      live.forget(fileId, 1);
    }
  }

  /** False if the file was truncated again since what the log says up to an offset. */
  private boolean freeSurplus(LiveFile file, Layer layer, long covered) {
    long stamp = gate.readLock();
    try {
      return !layer.equals(top) || file.freeSurplus(layer, covered);
    } finally {
      gate.unlockRead(stamp);
    }
  }

  /**
   * Gives back what the top layer's files hold beside their pages: a killed predecessor may have
   * written it without saying so, or not have given it back.
   */
  void freeSurplus() {
    background.reclaim(
        top,
        top.logEnd(),
        () ->
            examine((layer, state) -> {
              if (layer.syncLog(layer.logEnd()) == 0) {
                layer.deltas().punchSurplus(state);
              }
            }));
  }

  /** Shows the top layer and the state that it has led to while nothing is written. */
  void examine(BiConsumer<Layer, FileTree> action) {
    long stamp = gate.writeLock();
    try {
      action.accept(top, live.fold(this::publish));
    } finally {
      gate.unlockWrite(stamp);
    }
  }

  /** Whether a file has no name any more and is still open. */
  boolean keepsOpen(long fileId) {
    LiveFile file = live.find(fileId);
    return file != null && file.unlinked();
  }

  /**
   * As fallocate(2), in the modes 0, KEEP_SIZE, PUNCH_HOLE with KEEP_SIZE and ZERO_RANGE with or
   * without.
   */
  public int allocate(LiveFile file, int mode, long offset, long bytes, MemorySegment scratch) {
    boolean keepSize = (mode & Posix.FALLOC_FL_KEEP_SIZE) != 0;
    boolean punch = (mode & ~Posix.FALLOC_FL_KEEP_SIZE) == Posix.FALLOC_FL_PUNCH_HOLE;
    boolean zero = (mode & ~Posix.FALLOC_FL_KEEP_SIZE) == Posix.FALLOC_FL_ZERO_RANGE;
    if ((mode & ~Posix.FALLOC_FL_KEEP_SIZE) != 0 && !zero && !(punch && keepSize)) {
      return -Errno.EOPNOTSUPP;
    }
    Allowance limit = allowance;
    if (limit != null && !punch && offset >= 0 && bytes > 0) {
      long newPages = Page.count(offset + bytes) - Page.count(Math.max(offset, file.size()));
      int refused = limit.spend(tree, file, Math.max(0, newPages), offset + bytes);
      if (refused < 0) {
        return refused;
      }
    }
    long stamp = gate.readLock();
    try {
      int result = punch || zero ? new Zeroing(file, top, scratch).run(offset, bytes) : 0;
      if (result == 0 && !punch) {
        result = file.allocate(top, offset, bytes, keepSize);
      }
      noteChange(file);
      return result;
    } finally {
      gate.unlockRead(stamp);
    }
  }

  /**
   * Makes a range of a file what it is in another one, without copying more than a little. Returns
   * the bytes, which may be fewer, or a negated errno; {@code EXDEV} if they have to be copied.
   *
   * @param scratch a page of the calling thread's own
   */
  public int share(LiveFile from, LiveFile to, long offset, long bytes, MemorySegment scratch) {
    return cloning.share(from, to, offset, bytes, scratch);
  }

  private void noteGrowth() {
    if (top.logIsLong()) {
      background.shortenLog(this);
    }
  }

  /** Puts the state of the top layer in place of the history in its log; 0 or a negated errno. */
  int shortenLog() {
    Layer layer;
    FileTree state;
    long before;
    long stamp = gate.writeLock();
    try {
      layer = top;
      state = live.fold(this::publish);
      before = layer.logEnd();
    } finally {
      gate.unlockWrite(stamp);
    }
    int result = durability.syncAll(layer);
    return result < 0 ? result : layer.shortenLog(state, before);
  }

  void noteChange(LiveFile file) {
    noteGrowth();
    if (live.noteChange(file)) {
      synchronized (names) {
        var _ = live.fold(this::publish);
      }
    }
  }

  /** Makes a file's data, then the record of it, then the names before it durable. */
  public int sync(long fileId) {
    if (relaxed) {
      return 0;
    }
    LiveFile file = live.find(fileId);
    Layer layer = top;
    if (file != null && file.unlinked()) {
      int below = durability.syncBelow(layer, fileId, file.pages());
      Delta own = file.own();
      return below < 0 || own == null ? below : own.sync();
    }
    Node node = tree.node(fileId);
    PageMap<Delta> folded = node == null ? PageMap.empty() : node.pages();
    return file == null
        ? durability.syncFile(layer, fileId, folded, layer.logEnd())
        : durability.syncFile(layer, fileId, file.pages(), file.logOffset());
  }

  /** Makes every change of names so far durable. */
  public int syncNames() {
    return relaxed ? 0 : durability.syncNames(top);
  }

  /** Makes everything durable. */
  public int syncAll() {
    return durability.syncAll(top);
  }

  /** Takes over a directory's files; refused unless nothing was ever written to the branch. */
  void fill(StagingDirectory staging) throws IOException {
    long stamp = gate.writeLock();
    try {
      if (top.logEnd() != 0 || top.parent() != null) {
        throw new IllegalStateException("branch " + id + " is not empty");
      }
      tree = new Import(top, fileIds, tree).run(staging);
    } finally {
      gate.unlockWrite(stamp);
    }
  }

  /**
   * Closes the gate, lets the caller record the freeze and replace the top layer, and opens the
   * gate again.
   *
   * @param whileClosed is given the tree as it is at that moment, with the new top in place
   */
  void freeze(Supplier<Layer> newTop, Consumer<FileTree> whileClosed) {
    long stamp = gate.writeLock();
    try {
      int cleaned = live.cleanEnds();
      if (cleaned < 0) {
        throw StoreFiles.failure("freeze", top.directory(), cleaned);
      }
      Layer next = newTop.get();
      FileTree frozen = live.fold(this::publish);
      top.freeze(frozen);
      next.life().startFrom(frozen);
      top = next;
      whileClosed.accept(frozen);
    } finally {
      gate.unlockWrite(stamp);
    }
  }

  /** Whether an open file without a name uses one of these layers. */
  boolean keepsWithoutName(Set<Layer> layers) {
    return live.keepWithoutName(layers);
  }

  private void publish(FileTree newer) {
    tree = newer;
  }

  /** The state of this instant, between two writes. */
  FileTree state() {
    long stamp = gate.writeLock();
    try {
      return live.fold(this::publish);
    } finally {
      gate.unlockWrite(stamp);
    }
  }

  /** Sum of the sizes of all files. */
  long logicalBytes() {
    long[] sum = {0};
    state().forEachNode(node -> sum[0] += node.isRegular() ? node.size() : 0);
    return sum[0];
  }
}
