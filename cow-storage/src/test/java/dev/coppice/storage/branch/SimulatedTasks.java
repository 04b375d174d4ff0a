package dev.coppice.storage.branch;

import java.time.Duration;
import java.util.ArrayDeque;

/** Background work that runs when the test says so, on the test's own thread. */
final class SimulatedTasks implements BackgroundTasks {

  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private final ArrayDeque<Runnable> delayed = new ArrayDeque<>();
  private boolean closed;

  @Override
  public void run(Runnable task) {
    if (!closed) {
      waiting.add(task);
    }
  }

  @Override
  public void runAfter(Duration delay, Runnable task) {
    if (!closed) {
      delayed.add(task);
    }
  }

  /** Runs the oldest task, or the oldest delayed one if there is no other. */
  void runOne() {
    Runnable task = waiting.isEmpty() ? delayed.poll() : waiting.poll();
    if (task != null) {
      task.run();
    }
  }

  @Override
  public void await() {
    for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
      task.run();
    }
  }

  @Override
  public void close() {
    closed = true;
    await();
  }
}
