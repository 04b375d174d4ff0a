package dev.coppice.branches.engine;

/**
 * How a process queues for a processor (sched(7), sched_setattr(2)). One with shorter slices is let
 * in sooner when it wakes, before the running one has used up its own; kernels before 6.12 know of
 * niceness alone.
 *
 * @param niceness how much it leaves the processors to others
 * @param sliceNanos zero for the kernel's own choice, else 100,000 to 100,000,000
 */
record Scheduling(int niceness, long sliceNanos) {

  /** What a process has that nobody thought about. */
  static final Scheduling USUAL = new Scheduling(0, 0);

  /** Of an engine that starts while somebody waits for it. */
  static final Scheduling URGENT = new Scheduling(-10, 100_000);

  /** The most of it that does not take root. */
  static final Scheduling HASTY = new Scheduling(0, URGENT.sliceNanos);

  /**
   * For one process, and those that it starts from now on inherit it. Returns whether there is such
   * a process and the right to: only root may make one less nice.
   */
  boolean apply(long pid) {
    return NativeProcess.schedule(pid, niceness, sliceNanos);
  }

  /** For an engine's processes. */
  void applyAll(long postmaster) {
    var _ = apply(postmaster);
    EngineProcesses.children(postmaster)
        .forEach(pid -> {
          var _ = apply(pid);
        });
  }
}
