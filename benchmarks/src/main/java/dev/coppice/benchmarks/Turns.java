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

  /** After one round that does not count. */
  Row compare(String metric, Load load) throws Exception {
    load.run(subject);
    load.run(peer);
    return compareCold(metric, load);
  }

  /** The first place goes to each in turn. */
  Row compareCold(String metric, Load load) throws Exception {
    return compareCold(metric, context.pairs(), load);
  }

  Row compareCold(String metric, int pairs, Load load) throws Exception {
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
