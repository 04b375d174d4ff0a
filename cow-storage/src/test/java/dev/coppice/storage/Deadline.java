package dev.coppice.storage;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/** Waits for conditions. */
final class Deadline {

  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private Deadline() {}

  static void await(String what, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + TIMEOUT_NANOS;
    while (!holds(condition)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited in vain for " + what);
      }
      Thread.onSpinWait();
    }
  }

  private static boolean holds(Callable<Boolean> condition) {
    try {
      return condition.call();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
