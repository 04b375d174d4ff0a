package dev.coppice.server.bench;

import dev.coppice.branches.DirectoryTree;
import dev.coppice.server.config.Settings;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import dev.coppice.server.output.TextTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Finds and runs benchmarks. */
public final class BenchmarkRunner {
  private final List<Benchmark> benchmarks;
  private final Consumer<String> progress;

  /**
   * @param progress told what is being done, line by line
   */
  public BenchmarkRunner(Consumer<String> progress) {
    this.progress = progress;
    this.benchmarks =
        ServiceLoader.load(Benchmark.class).stream()
            .map(ServiceLoader.Provider::get)
            .sorted(Comparator.comparing(Benchmark::name))
            .toList();
  }

  /** What each benchmark measures, by its name. */
  public Map<String, String> summaries() {
    Map<String, String> summaries = new TreeMap<>();
    benchmarks.forEach(benchmark -> summaries.put(benchmark.name(), benchmark.summary()));
    return summaries;
  }

  public String summaryTable() {
    TextTable table = new TextTable("NAME", "MEASURES");
    summaries().forEach(table::row);
    return table.toString();
  }

  /**
   * Runs one in a directory of its own, which is deleted afterwards, also when a signal ends the
   * program.
   */
  public BenchmarkReport run(String name, boolean quick, Settings settings) throws Exception {
    Benchmark benchmark =
        benchmarks.stream()
            .filter(candidate -> candidate.name().equals(name))
            .findFirst()
            .orElseThrow(() -> unknown(name));
    try (var _ = OrderlyEnd.ofThisThread()) {
      return run(benchmark, quick, settings);
    }
  }

  private BenchmarkReport run(Benchmark benchmark, boolean quick, Settings settings)
      throws Exception {
    Path directory = Files.createTempDirectory("coppice-bench-");
    try {
      // Engines run as another user, who has to pass through.
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      BenchmarkResult result =
          benchmark.run(
              new BenchmarkContext(
                  quick,
                  directory,
                  settings.postgresDirectories(),
                  settings.embeddedArchives(),
                  settings.engineUser(),
                  progress));
      return new BenchmarkReport(
          benchmark.name(),
          MachineFacts.of(directory, result.postgres()),
          result.rows(),
          result.skipped());
    } finally {
      DirectoryTree.delete(directory);
    }
  }

  private ServerException unknown(String name) {
    return new ServerException(
        ServerFailure.BENCHMARK_UNKNOWN,
        "there is no benchmark \"%s\"".formatted(name),
        benchmarks.isEmpty()
            ? "None are on the class path; build the benchmarks module."
            : "There are: " + String.join(", ", summaries().keySet()));
  }
}
