package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Layer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that deletes layers, gives space back and makes frozen layers durable. */
final class Background implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Background.class);
  private static final long CLOSE_TIMEOUT_SECONDS = 30;
  private static final long RECLAIM_DELAY_MILLIS = 1000;

  private record Reclaim(Layer layer, long logOffset, Runnable free) {}

  private final ScheduledThreadPoolExecutor thread =
      new ScheduledThreadPoolExecutor(
          1, Thread.ofPlatform().name("coppice-store-background").daemon().factory());
  private final ConcurrentLinkedQueue<Reclaim> reclaims = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean reclaimScheduled = new AtomicBoolean();
  private volatile boolean closing;

  Background() {
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  void makeDurable(Layer layer) {
    submit(() -> {
      int result = closing ? 0 : syncWithParents(layer);
      if (result < 0) {
        LOG.warn("frozen layer {} is not durable yet: error {}", layer.id(), -result);
      }
    });
  }

  private int syncWithParents(Layer layer) {
    Layer parent = layer.parent();
    if (parent != null && !parent.durable()) {
      int result = syncWithParents(parent);
      if (result < 0) {
        return result;
      }
    }
    return layer.syncAll();
  }

  void delete(Layer layer) {
    submit(layer::delete);
  }

  /**
   * Frees space of a layer once its log, which says that nobody needs it any more, is durable up to
   * an offset: after a power loss the log must not lead to pages that are gone.
   */
  void reclaim(Layer layer, long logOffset, Runnable free) {
    reclaims.add(new Reclaim(layer, logOffset, free));
    if (reclaimScheduled.compareAndSet(false, true)) {
      try {
        var _ = thread.schedule(this::reclaimAll, RECLAIM_DELAY_MILLIS, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException e) {
        LOG.debug("left to the next open, since the store is being closed");
      }
    }
  }

  private void reclaimAll() {
    reclaimScheduled.set(false);
    for (Reclaim next = reclaims.poll(); next != null; next = reclaims.poll()) {
      int result = next.layer().syncLog(next.logOffset());
      if (result == 0) {
        next.free().run();
      }
    }
  }

  private void submit(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      LOG.debug("left to the next open, since the store is being closed");
    }
  }

  void await() {
    try {
      thread.submit(this::reclaimAll).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    closing = true;
    submit(this::reclaimAll);
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("background work did not end within {} s", CLOSE_TIMEOUT_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
