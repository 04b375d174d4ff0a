package dev.coppice.providers;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Between one reader and one writer; bounded by bytes, since rows differ in size. */
final class StreamQueue {

  private static final long LIMIT_BYTES = 64L << 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<StreamItem> items = new ArrayDeque<>();
  private long bytes;

  /** Returns false if there was no room within that time. */
  boolean offer(StreamItem item, long patienceMillis) throws InterruptedException {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(patienceMillis);
      while (bytes > 0 && bytes + item.bytes() > LIMIT_BYTES) {
        if (left <= 0) {
          return false;
        }
        left = changed.awaitNanos(left);
      }
      bytes += item.bytes();
      items.add(item);
      changed.signalAll();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Returns null if nothing came within that time. */
  @Nullable StreamItem poll(long patienceNanos) throws InterruptedException {
    lock.lock();
    try {
      long left = patienceNanos;
      while (items.isEmpty()) {
        if (left <= 0) {
          return null;
        }
        left = changed.awaitNanos(left);
      }
      StreamItem item = items.remove();
      bytes -= item.bytes();
      changed.signalAll();
      return item;
    } finally {
      lock.unlock();
    }
  }
}
