package dev.coppice.branches.engine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The signals that a postmaster understands (server-shutdown in Postgres's manual). */
enum Signal {
  /** Fast shutdown: sessions end, a checkpoint is written. */
  INT(2),
  /** Immediate shutdown: as if it had crashed. */
  QUIT(3),
  KILL(9);

  private static final MethodHandle KILL_FUNCTION =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().find("kill").orElseThrow(),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private final int number;

  Signal(int number) {
    this.number = number;
  }

  /** Returns whether there was such a process. */
  boolean send(long pid) {
    if (pid <= 1 || pid > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a process of ours: " + pid);
    }
    try {
      return (int) KILL_FUNCTION.invokeExact((int) pid, number) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("kill(2) could not be called", e);
    }
  }
}
