package dev.coppice.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.coppice.server.bench.BenchmarkResult.Row;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * A load that also notes the processor time of a thousand transactions: the engine's own, and this
 * program's, which is the store's where it takes part.
 */
final class CpuMeter implements Turns.Load {

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
    return DoubleStream.concat(
                DoubleStream.of(ProcessTime.seconds(enginePid)),
                engine.children().mapToDouble(child -> ProcessTime.seconds(child.pid())))
            .sum()
        + own.getProcessCpuTime() / 1e9;
  }
}
