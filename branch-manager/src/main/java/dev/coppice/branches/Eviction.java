package dev.coppice.branches;

import java.util.Comparator;
import java.util.List;

/** Makes room for an engine: the branch that has been idle longest is suspended. */
final class Eviction {

  private final Register register;
  private final WarmPool pool;
  private final Metrics metrics;

  Eviction(Register register, WarmPool pool, Metrics metrics) {
    this.register = register;
    this.pool = pool;
    this.metrics = metrics;
  }

  /** Returns when an engine has ended; false if all are in use. */
  boolean stopOne() {
    if (stopBranch()) {
      metrics.evictedBranches.increment();
      return true;
    }
    if (pool.stopOne()) {
      metrics.evictedWarm.increment();
      return true;
    }
    return false;
  }

  private boolean stopBranch() {
    List<LiveBranch> idle =
        register.branches().stream()
            .filter(LiveBranch::isIdle)
            .sorted(Comparator.comparingLong(LiveBranch::idleNanos).reversed())
            .toList();
    for (LiveBranch branch : idle) {
      if (branch.suspendIfIdle()) {
        return true;
      }
    }
    return false;
  }
}
