package dev.coppice.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.coppice.server.bench.BenchmarkResult.Row;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A load that also notes the processor time of a thousand transactions: the engine's own, and this
 * program's, which is the store's where it takes part.
 */
final class CpuMeter implements Turns.Load {

  /** Clock ticks of /proc, which Linux fixes for user space (proc_pid_stat(5)). */
  private static final double TICKS_PER_SECOND = 100;

  /** utime, stime, cutime and cstime, counted from the field behind the name. */
  private static final int FIRST_TIME = 11;

  private static final int TIMES = 4;

  private final Pgbench pgbench;
  private final List<String> options;
  private final BenchmarkEngine subject;
  private final List<Double> ours = new ArrayList<>();
  private final List<Double> theirs = new ArrayList<>();

  CpuMeter(Pgbench pgbench, List<String> options, BenchmarkEngine subject) {
    this.pgbench = pgbench;
    this.options = options;
    this.subject = subject;
  }

  @Override
  public double run(BenchmarkEngine engine) throws Exception {
    double before = seconds(engine.pid());
    Pgbench.Throughput throughput = pgbench.run(engine.address(), options);
    double spent = seconds(engine.pid()) - before;
    (engine == subject ? ours : theirs).add(spent / throughput.transactions() * 1000);
    return throughput.transactionsPerSecond();
  }

  /** Without the first round, which warms up. */
  Row row() {
    double peer = Row.median("", "s", "", samples(theirs)).value();
    return Row.median(
        "cpu_s_per_ktx", "s", "%.3f s on a plain directory".formatted(peer), samples(ours));
  }

  private static double[] samples(List<Double> rounds) {
    return rounds.stream().skip(1).mapToDouble(Double::doubleValue).toArray();
  }

  /** An engine's sessions that have ended are counted with it. */
  private static double seconds(long enginePid) {
    OperatingSystemMXBean own =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    ProcessHandle engine = ProcessHandle.of(enginePid).orElseThrow();
    long ticks =
        LongStream.concat(LongStream.of(enginePid), engine.children().mapToLong(ProcessHandle::pid))
            .map(CpuMeter::ticks)
            .sum();
    return ticks / TICKS_PER_SECOND + own.getProcessCpuTime() / 1e9;
  }

  private static long ticks(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      long sum = 0;
      for (int i = FIRST_TIME; i < FIRST_TIME + TIMES; i++) {
        sum += Long.parseLong(fields[i]);
      }
      return sum;
    } catch (IOException e) {
      return 0; // ended meanwhile
    }
  }
}
