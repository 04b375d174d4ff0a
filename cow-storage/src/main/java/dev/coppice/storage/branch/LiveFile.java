package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.DeltaSpace;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.LayerRecord;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import dev.coppice.storage.tree.PageMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The current content of a regular file of one branch. Readers take no lock. Writers hold the
 * branch's gate (shared) and this object's monitor.
 *
 * <p>Invariant: the bytes of the last page behind the end of the file are zero, wherever it lies.
 */
public final class LiveFile {

  static final long MAX_BYTES = 1L << 44;

  /** How far ahead of a writer who syncs as it goes pages are copied up: half a mebibyte. */
  private static final int PAGES_AHEAD = 64;

  private final long id;
  private volatile PageMap<Delta> pages;
  private volatile long size;
  private volatile long modifiedNanos;
  private volatile long logOffset;

  /** How many changes there were, and how many of them the tree has. */
  private volatile long edits;

  private volatile long settledEdits;
  private long foldedEdits;
  private volatile boolean noted;
  private volatile boolean unlinked;

  /** Whether a write that failed may have left something behind the end, which must not show. */
  private volatile boolean uncleanEnd;

  private volatile Node lastNode;
  private final ReadAhead readAhead = new ReadAhead();

  /** Where writes went last: to the top layer's delta, unless that layer was frozen since. */
  private @Nullable Delta own;

  /** The top layer when the file lost its last name; it may hold pages that nobody wrote since. */
  private @Nullable Layer unlinkedIn;

  /** Where the log of which layer last said that the file has become shorter. */
  private @Nullable Layer shrunkIn;

  private long shrunkAt;

  /** How often the kernel has been told of this file and has not forgotten it. Guarded by this. */
  private long lookups;

  LiveFile(Node node, long logOffset) {
    this.id = node.id();
    this.pages = node.pages();
    this.size = node.size();
    this.modifiedNanos = node.modifiedNanos();
    this.lastNode = node;
    this.logOffset = logOffset;
  }

  public long id() {
    return id;
  }

  public long size() {
    return size;
  }

  public long modifiedNanos() {
    return modifiedNanos;
  }

  PageMap<Delta> pages() {
    return pages;
  }

  /** Whether a fold has something to take over. */
  boolean changed() {
    return edits != settledEdits;
  }

  boolean unlinked() {
    return unlinked;
  }

  /** The last version with a name; tells the mode of a file that has none any more. */
  public Node lastNode() {
    return lastNode;
  }

  /** From now on nothing but this object leads to what is written. */
  synchronized void unlink(Node last, Layer top) {
    lastNode = last;
    unlinked = true;
    unlinkedIn = top;
    Delta delta = own;
    own = delta != null && delta.layer() == top ? delta : null;
  }

  synchronized @Nullable Layer unlinkedIn() {
    return unlinkedIn;
  }

  /** Another version of a file that has no name. */
  void describe(Node last) {
    lastNode = last;
  }

  synchronized long addLookups(long number) {
    lookups += number;
    return lookups;
  }

  synchronized long lookups() {
    return lookups;
  }

  synchronized @Nullable Delta own() {
    return own;
  }

  long logOffset() {
    return logOffset;
  }

  void recorded(long offset) {
    logOffset = offset;
  }

  void touch(long nanos) {
    modifiedNanos = nanos;
  }

  void wasModified(long nanos) {
    modifiedNanos = nanos;
    noteEdit();
  }

  /** True once between two folds. */
  boolean firstNote() {
    if (noted) {
      return false;
    }
    synchronized (this) {
      boolean first = !noted;
      noted = true;
      return first;
    }
  }

  /** The content as an immutable version. */
  synchronized Node fold(Node node) {
    foldedEdits = edits;
    noted = false;
    return node.withContent(size, pages, modifiedNanos);
  }

  /** The tree that readers see has what was folded. */
  synchronized void settle() {
    settledEdits = foldedEdits;
  }

  private synchronized void noteEdit() {
    edits = edits + 1;
  }

  /** Reads up to the end of the file; returns the bytes read or a negated errno. */
  public int read(MemorySegment target, long targetOffset, int bytes, long offset) {
    PageMap<Delta> map = pages;
    long end = size;
    int wanted = (int) Math.max(0, Math.min(bytes, end - offset));
    boolean announced = readAhead.announce(map, offset, wanted, end);
    return Runs.read(map, target, targetOffset, wanted, offset, announced);
  }

  /** Whether the file lives on without a name and uses one of these layers. */
  boolean keepsWithoutName(Set<Layer> layers) {
    if (!unlinked) {
      return false;
    }
    Delta written = own();
    boolean[] keeps = {written != null && layers.contains(written.layer())};
    pages.forEachRun((first, count, owner) -> keeps[0] |= layers.contains(owner.current().layer()));
    return keeps[0];
  }

  /**
   * Writes all the bytes or fails with a negated errno.
   *
   * @param scratch a page of the calling thread's own
   */
  synchronized int write(
      Layer top,
      MemorySegment source,
      long sourceOffset,
      int bytes,
      long offset,
      MemorySegment scratch) {
    if (bytes == 0) {
      return 0;
    }
    if (offset < 0 || offset + bytes > MAX_BYTES) {
      return -Errno.EFBIG;
    }
    if (offset + bytes > size) {
      int cleaned = cleanEnd();
      if (cleaned < 0) {
        return cleaned;
      }
    }
    int result = writeAndRecord(top, source, sourceOffset, bytes, offset, scratch);
    if (result < 0 && offset + bytes > size) {
      uncleanEnd = true;
      var _ = cleanEnd();
    }
    return result;
  }

  private int writeAndRecord(
      Layer top,
      MemorySegment source,
      long sourceOffset,
      int bytes,
      long offset,
      MemorySegment scratch) {
    Delta delta = ownIn(top);
    int fd = acquireOwn(delta);
    if (fd < 0) {
      return fd;
    }
    try {
      long result =
          ownsAll(delta, offset, bytes)
              ? delta.disk().pwrite(fd, source.address() + sourceOffset, bytes, offset)
              : new CopyUp(pages, delta, fd, scratch).write(source, sourceOffset, bytes, offset);
      delta.wrote();
      if (result < 0) {
        return (int) result;
      }
    } finally {
      delta.release();
    }
    return record(delta, offset, bytes, scratch);
  }

  boolean uncleanEnd() {
    return uncleanEnd;
  }

  /** Clears what a failed write has left behind the end; 0 or a negated errno. */
  synchronized int cleanEnd() {
    Delta delta = own;
    int used = (int) (size & Page.MASK);
    if (uncleanEnd && used != 0 && delta != null && pages.owner(size >> Page.SHIFT) == delta) {
      int fd = delta.acquire();
      if (fd < 0) {
        return fd;
      }
      try (Arena arena = Arena.ofConfined()) {
        int bytes = Page.BYTES - used;
        long done = delta.disk().pwrite(fd, arena.allocate(bytes).address(), bytes, size);
        delta.wrote();
        if (done < 0) {
          return (int) done;
        }
      } finally {
        delta.release();
      }
    }
    uncleanEnd = false;
    return 0;
  }

  private @Nullable Delta ownedBy(Layer top) {
    Delta delta = own;
    return delta != null && (unlinked || delta.layer() == top) ? delta : null;
  }

  /** The delta that a layer has of the file, if any. */
  synchronized @Nullable Delta heldIn(Layer top) {
    Delta delta = ownedBy(top);
    return delta != null || unlinked ? delta : top.deltas().find(id);
  }

  Delta ownIn(Layer top) {
    Delta delta = ownedBy(top);
    return delta == null ? top.delta(id) : delta;
  }

  /** As {@link Delta#acquire}; a delta whose file could not be made is not this file's own. */
  synchronized int acquireOwn(Delta delta) {
    int fd = delta.acquire();
    if (fd >= 0) {
      own = delta;
    }
    return fd;
  }

  /** How many pages of a range the layer does not hold yet. */
  long missing(Layer top, long offset, long bytes) {
    PageMap<Delta> map = pages;
    long missing = 0;
    for (long page = offset >> Page.SHIFT; page << Page.SHIFT < offset + bytes; page++) {
      Delta owner = map.owner(page);
      if (owner == null || owner.layer() != top) {
        missing++;
      }
    }
    return missing;
  }

  private boolean ownsAll(Delta delta, long offset, long bytes) {
    for (long page = offset >> Page.SHIFT; page << Page.SHIFT < offset + bytes; page++) {
      if (pages.owner(page) != delta) {
        return false;
      }
    }
    return true;
  }

  /** Data first, then the record of it, then what readers see. */
  int record(Delta delta, long offset, long bytes, MemorySegment scratch) {
    long now = Branch.nowNanos();
    long newSize = Math.max(size, offset + bytes);
    if (unlinked) {
      long firstPage = offset >> Page.SHIFT;
      pages = pages.with(firstPage, Page.count(offset + bytes) - firstPage, delta);
    } else if (!ownsAll(delta, offset, bytes)) {
      long firstPage = offset >> Page.SHIFT;
      long count = Page.count(offset + bytes) - firstPage;
      count += copyUpAhead(delta, firstPage, firstPage + count, scratch);
      long end =
          delta.layer().append(new LayerRecord.PagesWritten(id, firstPage, count, newSize, now));
      if (end < 0) {
        return (int) end;
      }
      delta.recorded(end);
      pages = pages.with(firstPage, count, delta);
    } else if (newSize > size) {
      long end = delta.layer().append(new LayerRecord.Resized(id, newSize, now));
      if (end < 0) {
        return (int) end;
      }
      logOffset = end;
    }
    size = newSize;
    modifiedNanos = now;
    noteEdit();
    return 0;
  }

  /**
   * Copies the pages that a steady writer will come to next, as they are, so that its next syncs
   * find no new pages. Failing to costs nothing but that; returns how many were copied.
   */
  private long copyUpAhead(Delta delta, long firstPage, long from, MemorySegment scratch) {
    boolean goesOn = firstPage > 0 && pages.owner(firstPage - 1) == delta;
    if (!goesOn || !delta.syncedAsItGrows()) {
      return 0;
    }
    int fd = delta.acquire();
    if (fd < 0) {
      return 0;
    }
    try {
      long end = Math.min(from + PAGES_AHEAD, size >> Page.SHIFT);
      return new CopyUp(pages, delta, fd, scratch).copy(from, end);
    } finally {
      delta.release();
    }
  }

  /** Changes the size; 0 or a negated errno. */
  synchronized int resize(Layer top, long newSize, MemorySegment scratch) {
    if (newSize < 0 || newSize > MAX_BYTES) {
      return -Errno.EFBIG;
    }
    int cleared = cleanEnd();
    if (cleared == 0 && newSize < size && (newSize & Page.MASK) != 0) {
      cleared = clearTail(top, newSize, scratch);
    }
    int recorded = cleared < 0 ? cleared : recordSize(top, newSize);
    if (recorded < 0) {
      return recorded;
    }
    if (newSize < size) {
      pages = pages.truncate(Page.count(newSize));
      shrunkIn = top;
      shrunkAt = logOffset;
    }
    size = newSize;
    return 0;
  }

  /** A file without a name needs no record. */
  private int recordSize(Layer top, long newSize) {
    long now = Branch.nowNanos();
    if (!unlinked) {
      long end = top.append(new LayerRecord.Resized(id, newSize, now));
      if (end < 0) {
        return (int) end;
      }
      logOffset = end;
    }
    modifiedNanos = now;
    noteEdit();
    return 0;
  }

  private int clearTail(Layer top, long newSize, MemorySegment scratch) {
    long page = newSize >> Page.SHIFT;
    if (pages.owner(page) == null) {
      return 0;
    }
    scratch.fill((byte) 0);
    int tail = (int) (Math.min((page + 1) << Page.SHIFT, size) - newSize);
    try (var arena = Arena.ofConfined()) {
      return write(top, scratch, 0, tail, newSize, arena.allocate(Page.BYTES));
    }
  }

  /**
   * Gives the space of truncated pages back, if all that the log says of that is durable; failing
   * to costs nothing but that space.
   *
   * @return false if it has to be tried again when more of the log is durable
   */
  synchronized boolean freeSurplus(Layer top, long durableEnd) {
    Delta delta = heldIn(top);
    if (delta == null || unlinked || !top.equals(shrunkIn) || shrunkAt <= durableEnd) {
      var _ = delta == null ? 0 : DeltaSpace.punchSurplus(delta, pages, size);
      return true;
    }
    return false;
  }

  /** Makes pages whosever they are in another file, where none is the top's; 0 or an errno. */
  int share(Layer top, LiveFile from, long firstPage, long count, long newSize) {
    long now = Branch.nowNanos();
    long end = top.append(new LayerRecord.PagesShared(id, from.id, firstPage, count, newSize, now));
    if (end < 0) {
      return (int) end;
    }
    logOffset = end;
    pages = pages.withPagesOf(from.pages, firstPage, count);
    size = newSize;
    modifiedNanos = now;
    shrunkIn = top;
    shrunkAt = end;
    noteEdit();
    return 0;
  }

  /** Counts where the pages of a range are now. */
  public void count(long offset, long bytes, PageTally tally) {
    PageMap<Delta> map = pages;
    for (long page = offset >> Page.SHIFT; page << Page.SHIFT < offset + bytes; page++) {
      Delta owner = map.owner(page);
      tally.add(
          owner == null
              ? PageTally.Kind.HOLE
              : owner.layer().frozen() ? PageTally.Kind.INHERITED : PageTally.Kind.OWN);
    }
  }

  /** The next data or hole at or behind an offset, as lseek(2) has it, or a negated errno. */
  public long seek(long offset, boolean data) {
    PageMap<Delta> map = pages;
    long end = size;
    if (offset < 0 || offset >= end) {
      return -Errno.ENXIO;
    }
    long page = map.next(offset >> Page.SHIFT, Page.count(end), data);
    long found = Math.max(offset, page << Page.SHIFT);
    return data && found >= end ? -Errno.ENXIO : Math.min(found, end);
  }

  /** Extends the file and makes sure that there will be room for what is written there. */
  synchronized int allocate(Layer top, long offset, long bytes, boolean keepSize) {
    long end = offset + bytes;
    if (offset < 0 || bytes <= 0) {
      return -Errno.EINVAL;
    }
    if (end < 0 || end > MAX_BYTES) {
      return -Errno.EFBIG;
    }
    long from = Math.max(offset, Page.count(size) << Page.SHIFT);
    if (end > from) {
      Delta delta = ownIn(top);
      int fd = acquireOwn(delta);
      if (fd < 0) {
        return fd;
      }
      int result = delta.disk().allocate(fd, Posix.FALLOC_FL_KEEP_SIZE, from, end - from);
      delta.release();
      if (result < 0 && result != -Errno.EOPNOTSUPP) {
        return result;
      }
    }
    if (keepSize || end <= size) {
      return 0;
    }
    int cleaned = cleanEnd();
    int recorded = cleaned < 0 ? cleaned : recordSize(top, end);
    if (recorded < 0) {
      return recorded;
    }
    size = end;
    return 0;
  }
}
