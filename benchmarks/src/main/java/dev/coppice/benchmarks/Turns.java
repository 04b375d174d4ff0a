package dev.coppice.benchmarks;

import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult.Row;

/** Two engines that take turns under the same loads. */
record Turns(
    BenchmarkContext context,
    BenchmarkEngine subject,
    BenchmarkEngine peer,
    String subjectName,
    String peerName) {

  /** One thing to do to an engine; more of what it returns is better. */
  interface Load {
    double run(BenchmarkEngine engine) throws Exception;
  }

  /** What waits for the disk scatters too much for fewer pairs. */
  private static final int LEAST_DISK_PAIRS = 5;

  /** After one round that does not count. */
  Row compare(String metric, Load load) throws Exception {
    load.run(subject);
    load.run(peer);
    return compareCold(metric, load);
  }

  /** The same for what waits for the disk. */
  Row compareOnDisk(String metric, Load load) throws Exception {
    load.run(subject);
    load.run(peer);
    return compareColdOnDisk(metric, load);
  }

  Row compareCold(String metric, Load load) throws Exception {
    return compareCold(metric, context.pairs(), load);
  }

  Row compareColdOnDisk(String metric, Load load) throws Exception {
    return compareCold(metric, Math.max(LEAST_DISK_PAIRS, context.pairs()), load);
  }

  /** The first place goes to each in turn. */
  private Row compareCold(String metric, int pairs, Load load) throws Exception {
    double[] ratios = new double[pairs];
    context.say(metric);
    for (int i = 0; i < ratios.length; i++) {
      boolean subjectFirst = i % 2 == 0;
      double first = load.run(subjectFirst ? subject : peer);
      double second = load.run(subjectFirst ? peer : subject);
      double ours = subjectFirst ? first : second;
      double theirs = subjectFirst ? second : first;
      ratios[i] = ours / theirs;
      context.say(
          "  %s %.1f, %s %.1f, ratio %.3f"
              .formatted(subjectName, ours, peerName, theirs, ratios[i]));
    }
    return Row.median(metric, "ratio", peerName, ratios);
  }
}
