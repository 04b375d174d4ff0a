package dev.coppice.branches.engine;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.OptionalLong;

/** What can be done to other processes and the JDK has no way to do. */
final class NativeProcess {

  private static final int SCHED_OTHER = 0;

  /** Of struct sched_attr as it first was (linux/sched/types.h), and where in it things lie. */
  private static final int SCHED_ATTR_SIZE_VER0 = 48;

  private static final int SCHED_POLICY = 4;
  private static final int SCHED_NICE = 16;
  private static final int SCHED_RUNTIME = 24;

  private static final MethodHandle KILL =
      handle(
          "kill",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  /** syscall(2): C libraries before glibc 2.41 have no sched_setattr. */
  private static final MethodHandle SYSCALL =
      handle(
          "syscall",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG),
          Linker.Option.firstVariadicArg(1));

  private static final OptionalLong SCHED_SETATTR = schedSetattr(System.getProperty("os.arch"));

  private NativeProcess() {}

  private static MethodHandle handle(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, options);
  }

  /** Its number where engines are brought along (arch/x86, asm-generic/unistd.h). */
  private static OptionalLong schedSetattr(String architecture) {
    return switch (architecture) {
      case "amd64" -> OptionalLong.of(314);
      case "aarch64" -> OptionalLong.of(274);
      default -> OptionalLong.empty();
    };
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

  /** sched_setattr(2); whether there is such a process and the right to. */
  static boolean schedule(long pid, int niceness, long sliceNanos) {
    long number = number(pid);
    if (SCHED_SETATTR.isEmpty()) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(SCHED_ATTR_SIZE_VER0, Long.BYTES);
      attributes.set(ValueLayout.JAVA_INT, 0, SCHED_ATTR_SIZE_VER0);
      attributes.set(ValueLayout.JAVA_INT, SCHED_POLICY, SCHED_OTHER);
      attributes.set(ValueLayout.JAVA_INT, SCHED_NICE, niceness);
      attributes.set(ValueLayout.JAVA_LONG, SCHED_RUNTIME, sliceNanos);
      return (long) SYSCALL.invokeExact(SCHED_SETATTR.getAsLong(), number, attributes, 0L) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("sched_setattr(2) could not be called", e);
    }
  }

  private static int number(long pid) {
    if (pid <= 1 || pid > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("not a process of ours: " + pid);
    }
    return (int) pid;
  }
}
