package dev.coppice.benchmarks;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.server.bench.Benchmark;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import dev.coppice.server.client.ApiClient;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * How long a client waits for a branch: from asking for it to its first row, through REST and the
 * proxy, measured in the client's process while the server runs in another.
 */
public final class BranchingBenchmark implements Benchmark {

  private static final String NO_PEER = "";
  private static final ObjectNode NOTHING = JsonNodeFactory.instance.objectNode();
  private static final int LARGE_SCALE = 200;
  private static final int SMALL_SCALE = 7;
  private static final int WARM_ENGINES = 2;
  private static final int SOURCES = 2;
  private static final int CONCURRENT = 100;

  /** The client is one that has been running for a while, and so is the server. */
  private static final int UNTIMED_ROUNDS = 30;

  @Override
  public String name() {
    return "branching";
  }

  @Override
  public String summary() {
    return "branch create, first row, wake and footprint, on a 3 GB and a 100 MB base";
  }

  @Override
  public BenchmarkResult run(BenchmarkContext context) throws Exception {
    int samples = context.quick() ? 25 : 100;
    List<Row> rows = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    String postgres =
        BranchingBases.prepare(
            context,
            new BranchingBases.Base("small", SMALL_SCALE),
            new BranchingBases.Base("large", LARGE_SCALE));

    context.say("no warm engines: create, first row, wake");
    try (ServerProcess server = ServerProcess.start(context, 0)) {
      rows.addAll(cold(server, samples));
      Optional<Pgbench> pgbench = Pgbench.find();
      if (pgbench.isPresent()) {
        context.say("children of a branch under pgbench");
        rows.addAll(busy(server, pgbench.get(), samples));
      } else {
        skipped.add(new Skipped("busy_child_first_row_ms_p50", Pgbench.HOW_TO_INSTALL));
      }
    }
    context.say("warm engines: first row, 100 at once");
    try (ServerProcess server = ServerProcess.start(context, WARM_ENGINES)) {
      rows.addAll(warm(server, samples));
      rows.addAll(footprint(server));
      rows.add(concurrent(server));
    }
    return new BenchmarkResult(postgres, rows, skipped);
  }

  private static List<Row> cold(ServerProcess server, int samples)
      throws SQLException, IOException {
    double[] create = new double[samples];
    double[] call = new double[samples];
    double[] large = new double[samples];
    double[] small = new double[samples];
    double[] wake = new double[samples];
    double[] bytes = new double[samples];
    for (int i = -UNTIMED_ROUNDS; i < samples; i++) {
      Timing big = Timing.createAndRead(server.api(), "large", "cold-l-" + (i + UNTIMED_ROUNDS));
      Timing little = Timing.createAndRead(server.api(), "small", "cold-s-" + (i + UNTIMED_ROUNDS));
      if (i >= 0) {
        create[i] = big.createMillis();
        call[i] = big.callMillis();
        large[i] = big.totalMillis();
        small[i] = little.totalMillis();
        bytes[i] = server.api().get("/v1/branches/" + big.branch()).path("own_bytes").asDouble();
      }
      server.api().post("/v1/branches/" + big.branch() + "/suspend", NOTHING);
      double waking = big.readAgainMillis();
      if (i >= 0) {
        wake[i] = waking;
      }
      server.api().delete("/v1/branches/" + big.branch());
      server.api().delete("/v1/branches/" + little.branch());
    }
    return List.of(
        Row.median("create_ms_p50", "ms", NO_PEER, create),
        Row.quantile("create_ms_p99", 0.99, "ms", NO_PEER, create),
        Row.median("create_call_ms_p50", "ms", NO_PEER, call),
        Row.median("first_row_cold_ms_p50", "ms", NO_PEER, large),
        Row.quantile("first_row_cold_ms_p95", 0.95, "ms", NO_PEER, large),
        ratio("first_row_cold_size_ratio", large, small),
        Row.median("wake_ms_p50", "ms", NO_PEER, wake),
        Row.quantile("new_branch_bytes", 1, "bytes", "after its first row", bytes));
  }

  /** The load comes from the machine that is measured, and takes what processors there are. */
  private static List<Row> busy(ServerProcess server, Pgbench pgbench, int samples)
      throws Exception {
    double[] millis = new double[samples];
    Timing parent = Timing.createAndRead(server.api(), "small", "busy");
    Process load = pgbench.start(parent.connection(), List.of("-n", "-c", "4", "-T", "3600"));
    try {
      for (int i = -UNTIMED_ROUNDS / 3; i < samples; i++) {
        Timing child = Timing.createAndRead(server.api(), "busy", "child-" + (i + UNTIMED_ROUNDS));
        if (i >= 0) {
          millis[i] = child.totalMillis();
        }
        server.api().delete("/v1/branches/" + child.branch());
      }
      if (!load.isAlive()) {
        throw new IOException("pgbench ended before its time");
      }
    } finally {
      load.destroy();
      load.waitFor();
      server.api().delete("/v1/branches/busy");
    }
    return List.of(
        Row.median("busy_child_first_row_ms_p50", "ms", NO_PEER, millis),
        Row.quantile("busy_child_first_row_ms_p95", 0.95, "ms", NO_PEER, millis));
  }

  private static List<Row> warm(ServerProcess server, int samples)
      throws SQLException, IOException, InterruptedException {
    double[] large = new double[samples];
    double[] small = new double[samples];
    for (int i = -UNTIMED_ROUNDS; i < samples; i++) {
      WarmPool.awaitFull(server, SOURCES * WARM_ENGINES);
      Timing big = Timing.createAndRead(server.api(), "large", "warm-l-" + (i + UNTIMED_ROUNDS));
      WarmPool.awaitFull(server, SOURCES * WARM_ENGINES);
      Timing little = Timing.createAndRead(server.api(), "small", "warm-s-" + (i + UNTIMED_ROUNDS));
      if (i >= 0) {
        large[i] = big.totalMillis();
        small[i] = little.totalMillis();
      }
      server.api().delete("/v1/branches/" + big.branch());
      server.api().delete("/v1/branches/" + little.branch());
    }
    return List.of(
        Row.median("first_row_warm_ms_p50", "ms", NO_PEER, large),
        Row.quantile("first_row_warm_ms_p95", 0.95, "ms", NO_PEER, large),
        ratio("first_row_size_ratio", large, small));
  }

  private static Row ratio(String metric, double[] large, double[] small) {
    double[] ratios = new double[large.length];
    double smallMedian = Row.median("small", "ms", NO_PEER, small).value();
    for (int i = 0; i < large.length; i++) {
      ratios[i] = large[i] / smallMedian;
    }
    return Row.median(metric, "ratio", "the same on a 100 MB base", ratios);
  }

  private static List<Row> footprint(ServerProcess server) throws SQLException, IOException {
    List<Timing> branches = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      branches.add(Timing.createAndRead(server.api(), "large", "idle-" + i));
    }
    double pss = EngineFootprint.medianEngineMib(server.pid());
    for (Timing branch : branches) {
      server.api().delete("/v1/branches/" + branch.branch());
    }
    return List.of(new Row("engine_pss_mib", pss, "MiB", branches.size(), pss, pss, NO_PEER));
  }

  private static Row concurrent(ServerProcess server) throws Exception {
    List<Future<Timing>> futures = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < CONCURRENT; i++) {
        String branch = "many-" + i;
        futures.add(clients.submit(() -> Timing.createAndRead(server.api(), "large", branch)));
      }
    }
    double[] millis = new double[CONCURRENT];
    for (int i = 0; i < CONCURRENT; i++) {
      millis[i] = futures.get(i).get().totalMillis();
    }
    for (int i = 0; i < CONCURRENT; i++) {
      server.api().delete("/v1/branches/many-" + i);
    }
    return Row.quantile("concurrent_100_first_row_ms_p95", 0.95, "ms", NO_PEER, millis);
  }

  /**
   * One branch, created and read.
   *
   * @param createMillis what the server spent on it: the fork, the catalogue, both durable
   * @param callMillis the REST call, as the client sees it
   * @param totalMillis from before that call to the first row
   */
  private record Timing(
      String branch,
      String connection,
      String url,
      double createMillis,
      double callMillis,
      double totalMillis) {

    static Timing createAndRead(ApiClient api, String source, String branch) throws SQLException {
      ObjectNode request =
          JsonNodeFactory.instance.objectNode().put("name", branch).put("from", source);
      long start = System.nanoTime();
      ApiClient.Timed created = api.timedPost("/v1/branches?password=true", request);
      long afterCreate = System.nanoTime();
      String connection = created.answer().path("url").asText();
      String url = JdbcUrl.of(connection);
      readOneRow(url);
      long end = System.nanoTime();
      return new Timing(
          branch,
          connection,
          url,
          created.serverMillis(),
          (afterCreate - start) / 1e6,
          (end - start) / 1e6);
    }

    double readAgainMillis() throws SQLException {
      long start = System.nanoTime();
      readOneRow(url);
      return (System.nanoTime() - start) / 1e6;
    }

    private static void readOneRow(String url) throws SQLException {
      try (Connection connection = DriverManager.getConnection(url);
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery("select abalance from pgbench_accounts where aid = 4711")) {
        if (!row.next()) {
          throw new SQLException("the branch has no row 4711");
        }
      }
    }
  }
}
