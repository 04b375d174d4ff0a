package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Layer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread that deletes layers and makes frozen ones durable. */
final class Background implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Background.class);
  private static final long CLOSE_TIMEOUT_SECONDS = 30;

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("coppice-store-background").daemon().factory());
  private volatile boolean closing;

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

  private void submit(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException e) {
      LOG.debug("left to the next open, since the store is being closed");
    }
  }

  void await() {
    try {
      thread.submit(() -> {}).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    closing = true;
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
