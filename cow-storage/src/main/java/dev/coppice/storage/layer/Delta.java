package dev.coppice.storage.layer;

import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The sparse file that holds the pages of one file in one layer, each at its own offset. Opened
 * when needed and closed again by {@link OpenDeltas} when too many are open.
 */
public final class Delta {

  static final String SUFFIX = ".delta";
  private static final int CLOSED = -1;

  private final Layer layer;
  private final long fileId;
  private final Disk disk;

  /** How many use the descriptor now, or CLOSED. */
  private final AtomicInteger users = new AtomicInteger(CLOSED);

  private volatile @Nullable Delta movedTo;
  private volatile int fd;
  private volatile boolean dirty;
  private volatile boolean failed;
  private volatile boolean recentlyUsed;
  private volatile boolean retired;

  /** The end of the newest record in the layer's log that gives this delta pages. */
  private volatile long lastRecord;

  private static final int STEADY_SYNCS = 3;
  private static final long STEADY_NANOS = 1_000_000_000;

  private final Object syncLock = new Object();
  private long syncedRecord;
  private volatile long mustBeDurable;

  /** How many syncs in close succession found new pages, and when the last one did. */
  private volatile int growingSyncs;

  private volatile long growingSyncNanos;

  Delta(Layer layer, long fileId) {
    this.layer = layer;
    this.fileId = fileId;
    this.disk = layer.disk();
  }

  /** Where the descriptor that {@link #acquire} returns is valid. */
  public Disk disk() {
    return disk;
  }

  public Layer layer() {
    return layer;
  }

  public long fileId() {
    return fileId;
  }

  public Path path() {
    return layer.directory().resolve(name(fileId));
  }

  static String name(long fileId) {
    return Long.toHexString(fileId) + SUFFIX;
  }

  /** Where the pages are now: this delta's layer may have been merged into another. */
  public Delta current() {
    Delta at = this;
    for (Delta next = at.movedTo; next != null; next = at.movedTo) {
      at = next;
    }
    if (at != this && movedTo != at) {
      movedTo = at;
    }
    return at;
  }

  void forwardTo(Delta target) {
    movedTo = target;
  }

  /** An open descriptor that stays open until {@link #release}, or a negated errno. */
  public int acquire() {
    while (true) {
      int now = users.get();
      if (now == CLOSED) {
        int result = open();
        if (result < 0) {
          return result;
        }
      } else if (users.compareAndSet(now, now + 1)) {
        if (!recentlyUsed) {
          recentlyUsed = true;
        }
        return fd;
      }
    }
  }

  public void release() {
    if (users.decrementAndGet() == 0 && retired) {
      var _ = close();
    }
  }

  /** Nothing leads here any more: closed as soon as nobody reads, so that its space is free. */
  void retire() {
    retired = true;
    var _ = close();
  }

  private int open() {
    synchronized (this) {
      if (users.get() != CLOSED) {
        return 0;
      }
      if (retired) {
        return -Errno.ENOENT;
      }
      int flags = Posix.O_RDWR | (layer.frozen() ? 0 : Posix.O_CREAT);
      int opened = disk.open(path(), flags);
      if (opened == -Errno.ENOENT && !layer.frozen()) {
        int made = layer.makeDirectory();
        opened = made < 0 ? made : disk.open(path(), flags);
      }
      if (opened < 0) {
        return opened;
      }
      if (!layer.frozen()) {
        layer.fileAdded();
      }
      fd = opened;
      users.set(0);
    }
    layer.openDeltas().opened(this);
    return 0;
  }

  /** Closes the descriptor if nobody uses it; false if somebody does or did of late. */
  boolean closeIfIdle() {
    if (recentlyUsed) {
      recentlyUsed = false;
      return false;
    }
    return close();
  }

  boolean close() {
    synchronized (this) {
      if (users.get() == CLOSED) {
        return true;
      }
      if (!users.compareAndSet(0, CLOSED)) {
        return false;
      }
      var _ = disk.close(fd);
      return true;
    }
  }

  /** To be called after a write and before it is acknowledged. */
  public void wrote() {
    if (!dirty) {
      dirty = true;
    }
  }

  /** To be called once the log says that the delta holds more pages. */
  public void recorded(long offset) {
    lastRecord = offset;
  }

  /** Makes the data durable, then appends that its pages are; 0 or a negated errno. */
  public int sync() {
    synchronized (syncLock) {
      long covered = lastRecord;
      int result = flush();
      if (result < 0 || syncedRecord >= covered) {
        return result;
      }
      long offset = layer.appendSynced(fileId, covered);
      if (offset < 0) {
        return (int) offset;
      }
      syncedRecord = covered;
      mustBeDurable = offset;
      countGrowingSync();
      return 0;
    }
  }

  private void countGrowingSync() {
    long now = layer.nanoTime();
    growingSyncs = now - growingSyncNanos < STEADY_NANOS ? growingSyncs + 1 : 1;
    growingSyncNanos = now;
  }

  /**
   * Whether somebody writes on and on and waits for each bit to be durable, as Postgres does with
   * its write-ahead log. Every sync that finds new pages costs a second flush, for the record of
   * them.
   */
  public boolean syncedAsItGrows() {
    return growingSyncs >= STEADY_SYNCS && layer.nanoTime() - growingSyncNanos < STEADY_NANOS;
  }

  /** Makes the data durable; 0 or a negated errno, and then for ever, as its pages may be lost. */
  int flush() {
    synchronized (syncLock) {
      if (failed) {
        return -Errno.EIO;
      }
      if (!dirty) {
        return 0;
      }
      dirty = false;
      int result = syncData();
      if (result == -Errno.ENOENT) {
        return result;
      }
      failed = result < 0;
      return result;
    }
  }

  private int syncData() {
    int open = acquire();
    if (open < 0) {
      return open;
    }
    try {
      return disk.fdatasync(open);
    } finally {
      release();
    }
  }

  /** How far the layer's log must be durable for a sync of this file to be complete. */
  long mustBeDurable() {
    return mustBeDurable;
  }
}
