package dev.coppice.branches.engine;

/** How much a process leaves the processors to others (setpriority(2), sched(7)). */
final class Niceness {

  /** What a process has that nobody thought about. */
  static final int USUAL = 0;

  /** Of an engine that starts while somebody waits for it. */
  static final int URGENT = -10;

  private Niceness() {}

  /**
   * Sets that of one process, which those that it starts from now on inherit. Returns whether there
   * is such a process and the right to: only root may make one less nice.
   */
  static boolean set(long pid, int niceness) {
    return NativeProcess.setNiceness(pid, niceness);
  }

  /** Sets that of an engine's processes. */
  static void setAll(long postmaster, int niceness) {
    var _ = set(postmaster, niceness);
    EngineProcesses.children(postmaster)
        .forEach(pid -> {
          var _ = set(pid, niceness);
        });
  }
}
