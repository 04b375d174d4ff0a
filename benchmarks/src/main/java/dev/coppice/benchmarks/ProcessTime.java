package dev.coppice.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Processor time of processes, from /proc (proc_pid_stat(5)). */
final class ProcessTime {

  /** Clock ticks, which Linux fixes for user space. */
  private static final double TICKS_PER_SECOND = 100;

  /** utime, stime, cutime and cstime, counted from the field behind the name. */
  private static final int FIRST_TIME = 11;

  private static final int TIMES = 4;

  private ProcessTime() {}

  /** Of a process and of those of its children that have ended; zero if it has ended itself. */
  static double seconds(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long sum = 0;
      for (int i = FIRST_TIME; i < FIRST_TIME + TIMES; i++) {
        sum += Long.parseLong(fields[i]);
      }
      return sum / TICKS_PER_SECOND;
    } catch (IOException e) {
      return 0;
    }
  }
}
