package dev.coppice.branches;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees, on a thread of its own, that followed sources have new snapshots and working bases. */
final class Freshness implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Freshness.class);
  private static final long CLOSE_MINUTES = 5;

  private final Sources sources;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("coppice-freshness").daemon().factory());

  /** For what may take hours, while other sources must not wait. */
  private final ExecutorService pulls =
      Executors.newThreadPerTaskExecutor(
          Thread.ofPlatform().name("coppice-freshness-pull-", 0).daemon().factory());

  Freshness(Sources sources) {
    this.sources = sources;
  }

  void start() {
    var _ = clock.scheduleWithFixedDelay(this::look, 1, 1, TimeUnit.SECONDS);
  }

  private void look() {
    try {
      sources.renewWhereDue(pulls);
      sources.refreshWhereDue(pulls);
      sources.compareWhereDue(pulls);
      sources.sealWhereDue();
      sources.releaseSlots();
    } catch (RuntimeException e) {
      LOG.error("A look at the followed sources failed", e);
    }
  }

  /** What it is doing is cancelled, and awaited. */
  @Override
  public void close() {
    clock.shutdownNow();
    pulls.shutdownNow();
    try {
      if (!clock.awaitTermination(CLOSE_MINUTES, TimeUnit.MINUTES)
          || !pulls.awaitTermination(CLOSE_MINUTES, TimeUnit.MINUTES)) {
        LOG.error("A base is still being sealed or pulled");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
