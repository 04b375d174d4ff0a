package dev.coppice.branches.engine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** How much a process leaves the processors to others (setpriority(2), sched(7)). */
final class Niceness {

  /** What a process has that nobody thought about. */
  static final int USUAL = 0;

  /** Of an engine that starts while somebody waits for it. */
  static final int URGENT = -10;

  private static final int PRIO_PROCESS = 0;
  private static final MethodHandle SETPRIORITY =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("setpriority").orElseThrow(),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT));

  private Niceness() {}

  /**
   * Sets that of one process, which those that it starts from now on inherit. Returns whether there
   * is such a process and the right to: only root may make one less nice.
   */
  static boolean set(long pid, int niceness) {
    if (pid <= 1 || pid > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a process of ours: " + pid);
    }
    try {
      return (int) SETPRIORITY.invokeExact(PRIO_PROCESS, (int) pid, niceness) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("setpriority(2) could not be called", e);
    }
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
