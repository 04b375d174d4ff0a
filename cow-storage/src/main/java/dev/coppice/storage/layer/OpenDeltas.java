package dev.coppice.storage.layer;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Bounds the number of open delta files: a clock over those that are open. */
public final class OpenDeltas {

  private final int limit;
  private final ConcurrentLinkedQueue<Delta> open = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();

  public OpenDeltas(int limit) {
    this.limit = limit;
  }

  void opened(Delta delta) {
    open.add(delta);
    int excess = count.incrementAndGet() - limit;
    for (int tries = 0; excess > 0 && tries < 64; tries++) {
      Delta oldest = open.poll();
      if (oldest == null) {
        return;
      }
      if (oldest.closeIfIdle()) {
        count.decrementAndGet();
        excess--;
      } else {
        open.add(oldest);
      }
    }
  }

  public int count() {
    return count.get();
  }

  /** Forgets a delta whose file is about to go. */
  void removed(Delta delta) {
    delta.retire();
    if (open.remove(delta)) {
      count.decrementAndGet();
    }
  }
}
