package dev.coppice.benchmarks;

import dev.coppice.branches.StandaloneEngine;
import dev.coppice.providers.ClientTools;
import dev.coppice.providers.SourceException;
import dev.coppice.server.bench.BenchmarkContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** Which engines a benchmark runs, and how they are configured. */
final class Engines {

  static final String CLIENT_TOOLS_MISSING =
      "pg_dump was not found: apt-get install postgresql-client (Debian, Ubuntu)";

  private Engines() {}

  /** The newest engine on the machine. */
  static int newest(BenchmarkContext context) {
    return majors(context).getLast();
  }

  /** The newest engine for which the client programs are on the machine, if there is one. */
  static Optional<Integer> newestWithClientTools(BenchmarkContext context) {
    return majors(context).reversed().stream().filter(Engines::hasClientTools).findFirst();
  }

  private static boolean hasClientTools(int major) {
    try {
      return ClientTools.find(major).major() >= major;
    } catch (SourceException e) {
      return false;
    }
  }

  private static List<Integer> majors(BenchmarkContext context) {
    return StandaloneEngine.majors(context.postgresDirectories(), context.embeddedArchives());
  }

  static StandaloneEngine.Config config(
      BenchmarkContext context, Path directory, int major, Map<String, String> settings) {
    return config(context, directory, Optional.empty(), major, settings);
  }

  /**
   * @param log of a branch, if it is detached
   */
  static StandaloneEngine.Config config(
      BenchmarkContext context,
      Path directory,
      Optional<Path> log,
      int major,
      Map<String, String> settings) {
    return new StandaloneEngine.Config(
        directory,
        OptionalInt.of(major),
        0,
        "bench",
        "bench",
        settings,
        context.postgresDirectories(),
        context.embeddedArchives(),
        context.engineUser(),
        log);
  }
}
