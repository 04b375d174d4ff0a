package dev.coppice.storage.branch;

import dev.coppice.storage.posix.Posix;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A thread of the store's own. */
final class BackgroundThread implements BackgroundTasks {

  private static final Logger LOG = LoggerFactory.getLogger(BackgroundThread.class);
  private static final long PATIENCE_SECONDS = 30;

  /** Nobody waits for it as a client waits for its branch. */
  private static final int NICENESS = 5;

  private final ScheduledThreadPoolExecutor thread;

  BackgroundThread(String name) {
    ThreadFactory factory = Thread.ofPlatform().name(name).daemon().factory();
    thread =
        new ScheduledThreadPoolExecutor(
            1,
            work ->
                factory.newThread(() -> {
                  Posix.setThreadNiceness(NICENESS);
                  work.run();
                }));
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public void run(Runnable task) {
    runAfter(Duration.ZERO, task);
  }

  @Override
  public void runAfter(Duration delay, Runnable task) {
    try {
      var _ = thread.schedule(logged(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("left to the next open, since the store is being closed");
    }
  }

  private static Runnable logged(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.error("background work failed", e);
      }
    };
  }

  @Override
  public void await() {
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
    thread.shutdown();
    try {
      // However long that is: nobody else may open the store while something of it is written.
      while (!thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("still waiting for background work of the store, which the disk holds up");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
