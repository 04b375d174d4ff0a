package dev.coppice.server.bench;

/**
 * One benchmark. Providers are found through {@link java.util.ServiceLoader}, so each is named in
 * {@code META-INF/services/dev.coppice.server.bench.Benchmark} and has a public constructor without
 * parameters.
 */
public interface Benchmark {
  /** What it is called on the command line, {@code branching} for example. */
  String name();

  /** One line that says what is measured and against what. */
  String summary();

  /**
   * Measures. Whatever it starts it also stops, and whatever it writes lies below {@link
   * BenchmarkContext#directory}; that holds for a run that is interrupted, too.
   */
  BenchmarkResult run(BenchmarkContext context) throws Exception;
}
