package dev.coppice.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.server.bench.Benchmark;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import dev.coppice.server.client.ApiClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A server follows a source that pgbench writes to. Marks that are committed on the source beside
 * it are looked for in the base, so the lag is what a reader of the base would see. Afterwards a
 * fresh branch is compared with the source, table by table and byte by byte.
 */
public final class FollowBenchmark implements Benchmark {

  private static final String NO_PEER = "";
  private static final String DATABASE = "followed";
  private static final int ROWS_PER_TRANSACTION = 4;
  private static final int TRANSACTIONS_PER_SECOND = 750;
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

  private static final String[] TABLES = {
    "pgbench_accounts ORDER BY aid",
    "pgbench_branches ORDER BY bid",
    "pgbench_history ORDER BY id",
    "pgbench_tellers ORDER BY tid",
    FollowMarks.TABLE + " ORDER BY id"
  };

  @Override
  public String name() {
    return "follow";
  }

  @Override
  public String summary() {
    return "a base that follows a source under write load: rows a second, lag, equality";
  }

  @Override
  public BenchmarkResult run(BenchmarkContext context) throws Exception {
    Optional<Integer> major = Engines.newestWithClientTools(context);
    if (major.isEmpty()) {
      return skipped(Engines.CLIENT_TOOLS_MISSING);
    }
    Optional<Pgbench> pgbench = Pgbench.find();
    if (pgbench.isEmpty()) {
      return skipped(Pgbench.HOW_TO_INSTALL);
    }
    Path directory = Files.createDirectory(context.directory().resolve("source"));
    try (BenchmarkEngine source =
        BenchmarkEngine.start(
            Engines.config(context, directory, major.get(), Map.of("wal_level", "logical")))) {
      context.say("filling the source");
      fill(source, context.quick() ? 10 : 20);
      try (ServerProcess server = ServerProcess.start(context, 0)) {
        context.say("pulling it");
        add(server.api(), source);
        List<Row> rows = measure(context, source, server, pgbench.get());
        context.say("comparing a fresh branch with the source");
        Row equal = Row.median("follow_equal", "1 = yes", "the source", equal(server, source));
        return new BenchmarkResult(
            source.version(), Stream.concat(rows.stream(), Stream.of(equal)).toList(), List.of());
      }
    }
  }

  private static BenchmarkResult skipped(String why) {
    return new BenchmarkResult(
        "none",
        List.of(),
        Stream.of("follow_rows_per_s", "follow_lag_s_p99", "follow_equal")
            .map(metric -> new Skipped(metric, why))
            .toList());
  }

  private static void fill(BenchmarkEngine source, int scale) throws Exception {
    source.execute("create database " + DATABASE);
    try (Connection session = source.connect(DATABASE)) {
      PgbenchTables.create(session, scale);
      FollowMarks.create(session);
      try (var statement = session.createStatement()) {
        // Without a key its rows could not be told apart afterwards.
        statement.execute(
            "alter table pgbench_history add id bigint generated always as identity primary key");
      }
    }
  }

  private static void add(ApiClient api, BenchmarkEngine source) throws InterruptedException {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("name", DATABASE).put("url", source.url(DATABASE));
    api.stream("/v1/sources", request, event -> {});
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      JsonNode follow = api.get("/v1/sources/" + DATABASE).path("follow");
      if (follow.path("state").asText().equals("following")) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("the source is not followed: " + follow);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private static List<Row> measure(
      BenchmarkContext context, BenchmarkEngine source, ServerProcess server, Pgbench pgbench)
      throws Exception {
    int seconds = context.quick() ? 30 : 120;
    context.say(
        "writing %d row changes a second for %d s"
            .formatted(TRANSACTIONS_PER_SECOND * ROWS_PER_TRANSACTION, seconds));
    try (FollowMarks marks =
        FollowMarks.start(source.connect(DATABASE), server.openBase(DATABASE))) {
      long start = System.nanoTime();
      Pgbench.Throughput load =
          pgbench.run(
              source.address().in(DATABASE),
              List.of(
                  "-c",
                  "4",
                  "-M",
                  "prepared",
                  "-R",
                  Integer.toString(TRANSACTIONS_PER_SECOND),
                  "-T",
                  Integer.toString(seconds)));
      // Everything before this mark's commit is in the base when the mark is.
      long end = marks.end(PATIENCE_NANOS);
      double[] lags = marks.lagSeconds();
      double rows = (double) load.transactions() * ROWS_PER_TRANSACTION + lags.length;
      return List.of(
          Row.median("follow_rows_per_s", "rows/s", NO_PEER, rows * 1e9 / (end - start)),
          Row.quantile("follow_lag_s_p99", 0.99, "s", NO_PEER, lags),
          Row.median("follow_lag_s_p50", "s", NO_PEER, lags));
    }
  }

  private static double equal(ServerProcess server, BenchmarkEngine source) throws Exception {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("name", "copy").put("from", DATABASE).put("fresh", true);
    String url = server.api().post("/v1/branches?password=true", request).path("url").asText();
    try (Connection original = source.connect(DATABASE);
        Connection branch = DriverManager.getConnection(JdbcUrl.of(url))) {
      for (String table : TABLES) {
        String copy = "COPY (SELECT * FROM " + table + ") TO STDOUT";
        if (!CopiedRows.digest(original, copy).equals(CopiedRows.digest(branch, copy))) {
          return 0;
        }
      }
    }
    return 1;
  }
}
