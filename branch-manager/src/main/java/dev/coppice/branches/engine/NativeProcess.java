package dev.coppice.branches.engine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** What can be done to other processes and the JDK has no way to do. */
final class NativeProcess {

  private static final int PRIO_PROCESS = 0;
  private static final MethodHandle KILL =
      handle(
          "kill",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle SETPRIORITY =
      handle(
          "setpriority",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));

  private NativeProcess() {}

  private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor);
  }

  /** kill(2); whether there was such a process. */
  static boolean kill(long pid, int signal) {
    int number = number(pid);
    try {
      return (int) KILL.invokeExact(number, signal) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("kill(2) could not be called", e);
    }
  }

  /** setpriority(2); whether there is such a process and the right to. */
  static boolean setNiceness(long pid, int niceness) {
    int number = number(pid);
    try {
      return (int) SETPRIORITY.invokeExact(PRIO_PROCESS, number, niceness) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("setpriority(2) could not be called", e);
    }
  }

  private static int number(long pid) {
    if (pid <= 1 || pid > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a process of ours: " + pid);
    }
    return (int) pid;
  }
}
