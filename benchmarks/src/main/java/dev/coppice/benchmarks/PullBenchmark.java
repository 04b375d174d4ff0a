package dev.coppice.benchmarks;

import dev.coppice.branches.StandaloneEngine;
import dev.coppice.providers.ClientTools;
import dev.coppice.providers.LocalEngine;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceAddress;
import dev.coppice.server.bench.Benchmark;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import dev.coppice.server.output.DirectoryTree;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.Staging;
import dev.coppice.storage.StoreConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pull into the page store beside {@code pg_dump -Fd -j2} and {@code pg_restore -j2} into the
 * same engine, with the same settings for loading, on a plain directory.
 */
public final class PullBenchmark implements Benchmark {

  private static final String PEER = "pg_dump -Fd -j2 + pg_restore -j2";
  private static final String JOBS = "-j2";
  private static final int MANY_TABLES = 500;

  @Override
  public String name() {
    return "pull";
  }

  @Override
  public String summary() {
    return "a pull beside pg_dump -Fd -j2 and pg_restore -j2";
  }

  @Override
  public BenchmarkResult run(BenchmarkContext context) throws Exception {
    int scale = context.quick() ? 50 : 200;
    Optional<Integer> major = Engines.newestWithClientTools(context);
    if (major.isEmpty()) {
      return new BenchmarkResult(
          "none",
          List.of(),
          List.of(
              new Skipped("pull_time_ratio", Engines.CLIENT_TOOLS_MISSING),
              new Skipped("pull_many_tables_ratio", Engines.CLIENT_TOOLS_MISSING)));
    }
    Path directory = Files.createDirectory(context.directory().resolve("source"));
    try (BenchmarkEngine source =
        BenchmarkEngine.start(Engines.config(context, directory, major.get(), Map.of()))) {
      source.execute("create database pgbench", "create database many");
      context.say(
          "filling the source: pgbench scale %d, and %d tables".formatted(scale, MANY_TABLES));
      try (Connection connection = source.connect("pgbench")) {
        PgbenchTables.create(connection, scale);
      }
      try (Connection connection = source.connect("many")) {
        createManyTables(connection);
      }
      Peers peers = new Peers(context, major.get(), ClientTools.find(major.get()), source);
      return new BenchmarkResult(
          source.version(),
          List.of(
              peers.compare("pull_time_ratio", "pgbench"),
              peers.compare("pull_many_tables_ratio", "many")),
          List.of());
    }
  }

  private static void createManyTables(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (int i = 0; i < MANY_TABLES; i++) {
        statement.execute(
            """
            create table t%1$d (id bigint primary key, name text not null, at timestamptz default now());
            insert into t%1$d select g, md5(g::text) from generate_series(1, 1000) g;
            create index on t%1$d (name)
            """
                .formatted(i));
      }
    }
  }

  /** Does one and the other, each into an engine made for it. */
  private record Peers(
      BenchmarkContext context, int major, ClientTools tools, BenchmarkEngine source) {

    Row compare(String metric, String database) throws Exception {
      double[] ratios = new double[context.pairs()];
      context.say(metric);
      for (int i = 0; i < ratios.length; i++) {
        double dump = i % 2 == 0 ? dumpAndRestore(database) : 0;
        double pull = pull(database);
        if (i % 2 != 0) {
          dump = dumpAndRestore(database);
        }
        ratios[i] = pull / dump;
        context.say(
            "  pull %.1f s, dump and restore %.1f s, ratio %.3f".formatted(pull, dump, ratios[i]));
      }
      return Row.median(metric, "ratio", PEER, ratios);
    }

    private double pull(String database) throws Exception {
      Path directory = Files.createDirectory(context.directory().resolve("pull"));
      try (PageStore store =
          PageStore.open(
              new StoreConfig(
                  directory.resolve("store"),
                  directory.resolve("mount"),
                  source.owner().uid(),
                  source.owner().gid()))) {
        Path engineDirectory = Files.createDirectory(directory.resolve("engine"));
        long start;
        try (Staging staging = store.stage()) {
          Files.createSymbolicLink(engineDirectory.resolve("data"), staging.directory());
          try (BenchmarkEngine target = loading(engineDirectory)) {
            EngineAddress address = target.address();
            start = System.nanoTime();
            Source.at(SourceAddress.parse(source.url(database)))
                .pull(
                    new LocalEngine(address.socketDirectory(), address.port(), address.user()),
                    PullOptions.standard(),
                    event -> {});
          }
          store.fill(store.create(), staging);
        }
        return (System.nanoTime() - start) / 1e9;
      } finally {
        DirectoryTree.delete(directory);
      }
    }

    private double dumpAndRestore(String database) throws Exception {
      Path directory = Files.createDirectory(context.directory().resolve("dump"));
      try (BenchmarkEngine target = loading(Files.createDirectory(directory.resolve("engine")))) {
        target.execute("create database " + database);
        String archive = directory.resolve("archive").toString();
        long start = System.nanoTime();
        Pgbench.output(
            List.of(
                tools.pgDump().toString(), "-Fd", JOBS, "-f", archive, "-d", source.url(database)));
        Pgbench.output(
            List.of(tools.pgRestore().toString(), JOBS, "-d", target.url(database), archive));
        try (Connection connection = target.connect(database);
            Statement statement = connection.createStatement()) {
          statement.execute("analyze");
        }
        return (System.nanoTime() - start) / 1e9;
      } finally {
        DirectoryTree.delete(directory);
      }
    }

    private BenchmarkEngine loading(Path directory) {
      return BenchmarkEngine.start(
          Engines.config(context, directory, major, StandaloneEngine.loadSettings(major)));
    }
  }
}
