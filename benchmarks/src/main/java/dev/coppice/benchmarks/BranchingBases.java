package dev.coppice.benchmarks;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.branches.DirectoryTree;
import dev.coppice.server.bench.BenchmarkContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;

/** The bases that branches are made of, pulled as a user's own would be. */
final class BranchingBases {

  private static final Map<String, String> FAST_FILLING =
      Map.of("fsync", "off", "max_wal_size", "8GB", "wal_level", "minimal", "max_wal_senders", "0");

  private BranchingBases() {}

  /** The name of a source, and pgbench's scale factor of it. */
  record Base(String name, int scale) {}

  /** Returns the version of the engine, with the bases in the data directory of the benchmark. */
  static String prepare(BenchmarkContext context, Base... bases) throws Exception {
    Path directory = Files.createDirectory(context.directory().resolve("source"));
    int major =
        Engines.newestWithClientTools(context)
            .orElseThrow(() -> new IllegalStateException(Engines.CLIENT_TOOLS_MISSING));
    try (BenchmarkEngine source =
        BenchmarkEngine.start(Engines.config(context, directory, major, FAST_FILLING))) {
      for (Base base : bases) {
        source.execute("create database " + base.name());
        fill(context, source, base.name(), base.scale());
      }
      try (ServerProcess server = ServerProcess.start(context, 0)) {
        for (Base base : bases) {
          context.say("pulling the " + base.name() + " base");
          ObjectNode request = JsonNodeFactory.instance.objectNode();
          request.put("name", base.name()).put("url", source.url(base.name())).put("follow", false);
          server.api().stream("/v1/sources", request, event -> {});
        }
      }
      return source.version();
    } finally {
      DirectoryTree.delete(directory);
    }
  }

  private static void fill(
      BenchmarkContext context, BenchmarkEngine source, String database, int scale)
      throws Exception {
    context.say("filling the %s database, pgbench scale %d".formatted(database, scale));
    try (Connection connection = source.connect(database)) {
      PgbenchTables.create(connection, scale);
    }
  }
}
