package dev.coppice.benchmarks;

import dev.coppice.branches.DirectoryTree;
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
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.Staging;
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
 * same engine, with the same settings for loading, on a plain directory. Each ends with a database
 * that is analyzed, shut down in order, and on the disk.
 */
public final class PullBenchmark implements Benchmark {

  private static final String PEER = "pg_dump -Fd -j2 + pg_restore -j2";
  private static final String JOBS = "-j2";
  private static final int MANY_TABLES = 500;
  private static final String MANY = "many";

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
      source.execute("create database pgbench", "create database " + MANY);
      context.say(
          "filling the source: pgbench scale %d, and %d tables".formatted(scale, MANY_TABLES));
      try (Connection connection = source.connect("pgbench")) {
        PgbenchTables.create(connection, scale);
      }
      try (Connection connection = source.connect(MANY)) {
        createManyTables(connection);
      }
      Peers peers = new Peers(context, major.get(), ClientTools.find(major.get()), source);
      return new BenchmarkResult(
          source.version(),
          List.of(
              peers.compare("pull_time_ratio", "pgbench"),
              peers.compare("pull_many_tables_ratio", MANY)),
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
      Path directory = fresh("pull-" + database);
      try (PageStore store = StoragePeers.openStore(directory, source.owner())) {
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
          BranchId base = store.create();
          store.fill(base, staging);
          store.sync(base);
        }
        return (System.nanoTime() - start) / 1e9;
      }
    }

    private double dumpAndRestore(String database) throws Exception {
      Path directory = fresh("dump-" + database);
      Path engineDirectory = Files.createDirectory(directory.resolve("engine"));
      long start;
      try (BenchmarkEngine target = loading(engineDirectory)) {
        target.execute("create database " + database);
        String archive = directory.resolve("archive").toString();
        start = System.nanoTime();
        Pgbench.output(
            List.of(
                tools.pgDump().toString(), "-Fd", JOBS, "-f", archive, "-d", source.url(database)));
        Pgbench.output(
            List.of(tools.pgRestore().toString(), JOBS, "-d", target.url(database), archive));
        try (Connection connection = target.connect(database);
            Statement statement = connection.createStatement()) {
          statement.execute("analyze");
        }
      }
      sync(engineDirectory);
      return (System.nanoTime() - start) / 1e9;
    }

    /**
     * With nothing left to be written from what was there before. What is made in it stays until
     * the benchmark's end, since file systems are slow to reuse the inodes of deleted files, except
     * that only one large database is kept.
     */
    private Path fresh(String name) throws Exception {
      Path directory = context.directory().resolve(name);
      if (Files.exists(directory) && !name.endsWith(MANY)) {
        DirectoryTree.delete(directory);
      }
      int used = 0;
      while (Files.exists(directory)) {
        directory = context.directory().resolve(name + ++used);
      }
      sync(context.directory());
      return Files.createDirectory(directory);
    }

    private static void sync(Path directory) throws Exception {
      Pgbench.output(List.of("sync", "--file-system", directory.toString()));
    }

    private BenchmarkEngine loading(Path directory) {
      return BenchmarkEngine.start(
          Engines.config(context, directory, major, StandaloneEngine.loadSettings(major)));
    }
  }
}
