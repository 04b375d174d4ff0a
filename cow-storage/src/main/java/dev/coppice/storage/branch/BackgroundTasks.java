package dev.coppice.storage.branch;

import java.time.Duration;

/** Runs what need not be done at once, one task after the other, in the order given. */
interface BackgroundTasks extends AutoCloseable {

  /** Refused silently once closed: the next open of the store does what is left to do. */
  void run(Runnable task);

  void runAfter(Duration delay, Runnable task);

  /** Waits for all that was to run at once. */
  void await();

  /** Ends when what was to run at once is done. */
  @Override
  void close();
}
