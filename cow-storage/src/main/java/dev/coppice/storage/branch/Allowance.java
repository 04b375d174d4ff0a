package dev.coppice.storage.branch;

import dev.coppice.storage.Quota;
import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.posix.Errno;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Holds a branch to its quota. What the branch occupies is measured now and then: writers spend
 * half of what was left at the last time before it is measured again, so that the measurements
 * become frequent only near the limit. Must not be asked with the branch's gate held, since
 * measuring waits for freezes.
 */
final class Allowance {

  static final long SMALL_FILE_BYTES = 1 << 20;
  private static final long STRICT_BYTES = 1 << 20;
  private static final long REMEASURE_NANOS = 500_000_000;

  private final Quota quota;
  private final LongSupplier ownBytes;
  private final LongSupplier nanoTime;

  /** What may be spent before the next measurement; negative when it is due. */
  private final AtomicLong budget = new AtomicLong();

  // Of the last measurement; guarded by this.
  private long measuredBytes;
  private long measuredNanos;
  private long granted;

  private volatile boolean stale = true;

  Allowance(Quota quota, LongSupplier ownBytes, LongSupplier nanoTime) {
    this.quota = quota;
    this.ownBytes = ownBytes;
    this.nanoTime = nanoTime;
  }

  /** Something was shared or deleted, so that the last measurement says nothing. */
  void forgetMeasurement() {
    stale = true;
  }

  /** 0, or a negated errno if the file may not get so many new pages before an offset. */
  int spend(FileTree tree, LiveFile file, long newPages, long end) {
    long bytes = newPages << Page.SHIFT;
    if (bytes == 0 || (budget.addAndGet(-bytes) >= 0 && !stale)) {
      return 0;
    }
    long own = estimate(bytes);
    boolean grows = Page.count(end) > Page.count(file.size()) && end > SMALL_FILE_BYTES;
    long limit = quota.bytes();
    if (own > limit && (!grows || isReserved(tree, file.id()))) {
      limit += quota.reserveBytes();
    }
    if (own <= limit) {
      return 0;
    }
    budget.addAndGet(bytes);
    return -Errno.ENOSPC;
  }

  /** The branch's own bytes, with those that are just being spent. */
  private synchronized long estimate(long bytes) {
    long now = nanoTime.getAsLong();
    long spent = granted - budget.get();
    if (!stale && now - measuredNanos < REMEASURE_NANOS && spent - granted < STRICT_BYTES) {
      return measuredBytes + spent;
    }
    stale = false;
    measuredBytes = ownBytes.getAsLong();
    measuredNanos = now;
    long left = quota.bytes() - measuredBytes;
    granted = left > STRICT_BYTES ? left / 2 : 0;
    budget.set(granted - bytes);
    return measuredBytes + bytes;
  }

  /** Looked for only when it matters, so no file needs to know its directory. */
  private boolean isReserved(FileTree tree, long fileId) {
    for (String name : quota.reserved()) {
      Node directory = tree.node(tree.lookup(FileTree.ROOT, FileNames.fromText(name)));
      if (directory != null && directory.hasChild(fileId)) {
        return true;
      }
    }
    return false;
  }

  Room room() {
    return new Room(quota.bytes(), Math.max(0, quota.bytes() - ownBytes.getAsLong()));
  }
}
