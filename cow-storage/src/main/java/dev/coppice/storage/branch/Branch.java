package dev.coppice.storage.branch;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.LayerRecord;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.posix.Errno;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.StampedLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A writable tree of files. Operations return an id, a count or 0, or a negated errno. Any thread
 * may call them; those that change something pass the gate, which a freeze closes.
 */
public final class Branch {

  private static final int NO_REPLACE = 1;
  private static final int EXCHANGE = 2;

  private final BranchId id;
  private final int slot;
  private final FileIds fileIds;
  private final Journal journal;
  private final Background background;
  private final StampedLock gate = new StampedLock();
  private final Object names = new Object();
  private final ConcurrentHashMap<Long, LiveFile> live = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, LiveFile> changed = new ConcurrentHashMap<>();
  private volatile FileTree tree;
  private volatile Layer top;

  Branch(
      BranchId id,
      int slot,
      FileTree tree,
      Layer top,
      FileIds fileIds,
      Journal journal,
      Background background) {
    this.background = background;
    this.id = id;
    this.slot = slot;
    this.tree = tree;
    this.top = top;
    this.fileIds = fileIds;
    this.journal = journal;
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

  public FileTree tree() {
    return tree;
  }

  /** The node without the content that has been written since the last freeze. */
  public @Nullable Node node(long fileId) {
    Node node = tree.node(fileId);
    if (node == null) {
      LiveFile file = live.get(fileId);
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
    LiveFile file = live.get(fileId);
    if (file != null) {
      return file;
    }
    Node node = tree.node(fileId);
    if (node == null || !node.isRegular()) {
      return null;
    }
    return live.computeIfAbsent(fileId, key -> new LiveFile(node, top.logEnd()));
  }

  public long lookup(long parent, String name) {
    Node directory = tree.node(parent);
    if (directory == null) {
      return -Errno.ENOENT;
    }
    if (!directory.isDirectory()) {
      return -Errno.ENOTDIR;
    }
    long found = tree.lookup(parent, name);
    return found == 0 ? -Errno.ENOENT : found;
  }

  /** Keeps a file alive until it is forgotten as often, even if it loses its last name. */
  public void remember(long fileId) {
    live.compute(
        fileId,
        (key, file) -> {
          LiveFile kept = file;
          if (kept == null) {
            Node node = tree.node(key);
            if (node == null || !node.isRegular()) {
              return null;
            }
            kept = new LiveFile(node, top.logEnd());
          }
          var _ = kept.addLookups(1);
          return kept;
        });
  }

  public void forget(long fileId, long lookups) {
    live.computeIfPresent(
        fileId,
        (key, file) -> {
          boolean last = file.addLookups(-lookups) <= 0;
          if (last && file.unlinked()) {
            discard(file);
            return null;
          }
          return last && !file.changed() ? null : file;
        });
  }

  private void discard(LiveFile file) {
    changed.remove(file.id());
    Delta own = file.own();
    if (own != null) {
      discard(own.layer(), file.id());
    }
  }

  private void discard(Layer layer, long fileId) {
    Delta delta = layer.forget(fileId);
    if (delta != null) {
      background.reclaim(layer, layer.logEnd(), () -> layer.discard(delta));
    }
  }

  /** Makes a file, directory or symbolic link and returns its id. */
  public long create(long parent, String name, int mode, String target) {
    long stamp = gate.readLock();
    try {
      synchronized (names) {
        int problem = checkNew(parent, name);
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

  private int checkNew(long parent, String name) {
    if (name.length() > FileNames.MAX_BYTES) {
      return -Errno.ENAMETOOLONG;
    }
    long existing = lookup(parent, name);
    if (existing > 0) {
      return -Errno.EEXIST;
    }
    return existing == -Errno.ENOENT && tree.node(parent) != null ? 0 : (int) existing;
  }

  /** Logs, then applies. The caller holds the gate and the names. */
  private int change(LayerRecord record) {
    long end = top.append(record);
    if (end < 0) {
      return (int) end;
    }
    tree = tree.apply(record, null);
    LiveFile file = live.get(record.fileId());
    if (file != null) {
      file.recorded(end);
    }
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
      int problem = checkNew(newParent, newName);
      return problem < 0
          ? problem
          : change(new LayerRecord.Linked(fileId, newParent, newName, nowNanos()));
    });
  }

  private int changeNames(Supplier<Integer> action) {
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
    int problem = checkRemovable(found, directory);
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

  private int checkRemovable(long fileId, boolean directory) {
    Node node = tree.node(fileId);
    if (node == null) {
      return -Errno.ENOENT;
    }
    if (node.isDirectory() != directory) {
      return directory ? -Errno.ENOTDIR : -Errno.EISDIR;
    }
    return node.children().size() > 0 ? -Errno.ENOTEMPTY : 0;
  }

  /** A file that lost its last name lives on while the kernel knows it. */
  private void afterUnlink(@Nullable Node last) {
    if (last == null || !last.isRegular() || tree.node(last.id()) != null) {
      return;
    }
    live.compute(
        last.id(),
        (key, known) -> {
          LiveFile file = known == null ? new LiveFile(last, 0) : known;
          file.unlink(last.withNoName());
          if (file.lookups() > 0) {
            return file;
          }
          discard(top, key);
          return null;
        });
  }

  public int rename(long fromParent, String fromName, long toParent, String toName, int flags) {
    return changeNames(() -> move(fromParent, fromName, toParent, toName, flags));
  }

  private int move(long fromParent, String fromName, long toParent, String toName, int flags) {
    if ((flags & ~(NO_REPLACE | EXCHANGE)) != 0 || toName.length() > FileNames.MAX_BYTES) {
      return toName.length() > FileNames.MAX_BYTES ? -Errno.ENAMETOOLONG : -Errno.EINVAL;
    }
    long moved = lookup(fromParent, fromName);
    long replaced = lookup(toParent, toName);
    if (moved < 0 || (replaced < 0 && replaced != -Errno.ENOENT) || tree.node(toParent) == null) {
      return moved < 0 ? (int) moved : (int) replaced;
    }
    boolean exchange = (flags & EXCHANGE) != 0;
    int problem = checkMove(moved, replaced, flags);
    if (problem < 0 || moved == replaced) {
      return problem;
    }
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

  /** The kernel has refused to move a directory below itself. */
  private int checkMove(long moved, long replaced, int flags) {
    if (replaced == -Errno.ENOENT) {
      return (flags & EXCHANGE) != 0 ? -Errno.ENOENT : 0;
    }
    if ((flags & NO_REPLACE) != 0) {
      return -Errno.EEXIST;
    }
    if ((flags & EXCHANGE) != 0 || moved == replaced) {
      return 0;
    }
    Node node = tree.node(moved);
    return node == null ? -Errno.ENOENT : checkRemovable(replaced, node.isDirectory());
  }

  /** Sets permissions and times; what is negative stays as it is. */
  public int setAttributes(long fileId, int permissions, long modifiedNanos) {
    return changeNames(() -> {
      Node node = tree.node(fileId);
      if (node == null) {
        return live.containsKey(fileId) ? 0 : -Errno.ENOENT;
      }
      LiveFile file = live.get(fileId);
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

  public int write(
      LiveFile file,
      MemorySegment source,
      long sourceOffset,
      int bytes,
      long offset,
      MemorySegment scratch) {
    long stamp = gate.readLock();
    try {
      int result = file.write(top, source, sourceOffset, bytes, offset, scratch);
      noteChange(file);
      return result < 0 ? result : bytes;
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
      Delta own = file.own();
      if (result == 0 && shrinks && own != null) {
        background.reclaim(own.layer(), own.layer().logEnd(), file::freeBehindEnd);
      }
      return result;
    } finally {
      gate.unlockRead(stamp);
    }
  }

  public int allocate(LiveFile file, long offset, long bytes, boolean keepSize) {
    long stamp = gate.readLock();
    try {
      int result = file.allocate(top, offset, bytes, keepSize);
      noteChange(file);
      return result;
    } finally {
      gate.unlockRead(stamp);
    }
  }

  private void noteChange(LiveFile file) {
    if (file.changed() && !file.unlinked() && file.firstNote()) {
      changed.put(file.id(), file);
    }
  }

  /** Makes a file's data, then the record of it, then the names before it durable. */
  public int sync(long fileId) {
    LiveFile file = live.get(fileId);
    Layer layer = top;
    int below = syncBelow(layer, fileId);
    if (below < 0) {
      return below;
    }
    Delta own = file == null ? null : file.own();
    if (file != null && file.unlinked()) {
      return own == null ? 0 : own.sync();
    }
    return layer.syncFile(fileId, file == null ? layer.logEnd() : file.logOffset());
  }

  /** What a frozen layer holds of a file may not be durable yet. */
  private int syncBelow(Layer layer, long fileId) {
    Layer parent = layer.parent();
    if (parent != null && !parent.durable()) {
      int below = syncBelow(parent, fileId);
      int result = below < 0 ? below : parent.syncFile(fileId, parent.logEnd());
      if (result < 0) {
        return result;
      }
    }
    return journal.sync(layer.journalOffset());
  }

  /** Makes every change of names so far durable. */
  public int syncNames() {
    Layer layer = top;
    int below = syncBelow(layer, 0);
    return below < 0 ? below : layer.syncLog(layer.logEnd());
  }

  /** Makes everything durable. */
  public int syncAll() {
    Layer layer = top;
    int result = journal.sync(layer.journalOffset());
    return result < 0 ? result : syncLineage(layer);
  }

  private static int syncLineage(Layer layer) {
    Layer parent = layer.parent();
    if (parent != null && !parent.durable()) {
      int result = syncLineage(parent);
      if (result < 0) {
        return result;
      }
    }
    return layer.syncAll();
  }

  /** Takes over a directory's files; refused unless nothing was ever written to the branch. */
  void fill(Path directory) throws IOException {
    long stamp = gate.writeLock();
    try {
      if (top.logEnd() != 0 || top.parent() != null) {
        throw new IllegalStateException("branch " + id + " is not empty");
      }
      tree = new Import(top, fileIds, tree).run(directory);
    } finally {
      gate.unlockWrite(stamp);
    }
  }

  /**
   * Closes the gate, lets the caller record the freeze and replace the top layer, and opens the
   * gate again.
   *
   * @return the tree as it was at that moment
   */
  FileTree freeze(Supplier<Layer> newTop) {
    long stamp = gate.writeLock();
    try {
      Layer next = newTop.get();
      FileTree frozen = tree;
      for (LiveFile file : changed.values()) {
        Node node = file.unlinked() ? null : frozen.node(file.id());
        if (node != null) {
          frozen = frozen.with(file.freeze(node));
          dropIfForgotten(file);
        }
      }
      changed.clear();
      top.freeze();
      tree = frozen;
      top = next;
      return frozen;
    } finally {
      gate.unlockWrite(stamp);
    }
  }

  private void dropIfForgotten(LiveFile file) {
    live.computeIfPresent(file.id(), (key, known) -> known.lookups() > 0 ? known : null);
  }

  /** Sum of the sizes of all files. */
  long logicalBytes() {
    long[] sum = {0};
    tree.forEachNode(node -> {
      LiveFile file = node.isRegular() ? live.get(node.id()) : null;
      sum[0] += file == null ? (node.isRegular() ? node.size() : 0) : file.size();
    });
    return sum[0];
  }
}
