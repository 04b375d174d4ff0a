package dev.coppice.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.server.bench.Benchmark;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.client.ApiClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A thousand branches exist and a hundred are awake, each with a client that does a little: what
 * that takes of the machine, and whether deleting them gives it back.
 */
public final class CrowdBenchmark implements Benchmark {

  private static final String NO_PEER = "";
  private static final ObjectNode NOTHING = JsonNodeFactory.instance.objectNode();
  private static final String BASE = "crowd";
  private static final int SCALE = 7;
  private static final int BRANCHES = 1_000;
  private static final int AWAKE = 100;
  private static final long FREEING_TIMEOUT_NANOS = TimeUnit.MINUTES.toNanos(5);

  @Override
  public String name() {
    return "crowd";
  }

  @Override
  public String summary() {
    return "1,000 branches, 100 of them awake under light load: memory, errors, space after all";
  }

  @Override
  public BenchmarkResult run(BenchmarkContext context) throws Exception {
    String postgres = BranchingBases.prepare(context, new BranchingBases.Base(BASE, SCALE));
    Path data = context.directory().resolve("data");
    try (ServerProcess server = ServerProcess.start(context, 0)) {
      long bytesBefore = bytesBelow(data);
      context.say("creating %d branches".formatted(BRANCHES));
      double[] createMillis = new double[BRANCHES];
      long start = System.nanoTime();
      String[] urls = create(server.api(), createMillis);
      double createSeconds = (System.nanoTime() - start) / 1e9;
      context.say("  %.1f s, each suspended again".formatted(createSeconds));
      List<Row> awake = awake(context, server, List.of(urls).subList(0, AWAKE));
      context.say("deleting %d branches".formatted(BRANCHES));
      double deleteSeconds = delete(server.api());
      long bytesLeft = bytesBelow(data) - bytesBefore;
      Stream<Row> created =
          Stream.of(
              one("create_and_suspend_1000_s", "s", createSeconds),
              Row.quantile("create_1000_call_ms_p99", 0.99, "ms", NO_PEER, createMillis));
      Stream<Row> deleted =
          Stream.of(
              one("delete_1000_s", "s", deleteSeconds),
              one("delete_1000_left_bytes", "bytes", (double) bytesLeft));
      return new BenchmarkResult(
          postgres,
          Stream.of(created, awake.stream(), deleted).flatMap(rows -> rows).toList(),
          List.of());
    }
  }

  private static Row one(String metric, String unit, double value) {
    return Row.median(metric, unit, NO_PEER, value);
  }

  private static String branch(int number) {
    return "crowd-" + number;
  }

  private static String[] create(ApiClient api, double[] millis) {
    String[] urls = new String[BRANCHES];
    for (int i = 0; i < BRANCHES; i++) {
      ObjectNode request = JsonNodeFactory.instance.objectNode();
      request.put("name", branch(i)).put("from", BASE);
      long start = System.nanoTime();
      JsonNode created = api.post("/v1/branches?password=true", request);
      millis[i] = (System.nanoTime() - start) / 1e6;
      urls[i] = JdbcUrl.of(created.path("url").asText());
      // The server starts an engine for whoever is about to connect, and nobody is.
      api.post("/v1/branches/" + branch(i) + "/suspend", NOTHING);
    }
    return urls;
  }

  private static List<Row> awake(BenchmarkContext context, ServerProcess server, List<String> urls)
      throws Exception {
    context.say("waking %d of them, one statement a second on each".formatted(AWAKE));
    int seconds = context.quick() ? 20 : 120;
    try (LightLoad load = LightLoad.start(urls)) {
      load.run(seconds);
      double[] engines = EngineFootprint.engineMib(server.pid());
      double serverMib = EngineFootprint.residentMib(server.pid());
      double enginesMib = Arrays.stream(engines).sum();
      Path process = Path.of("/proc", Long.toString(server.pid()));
      load.end();
      return List.of(
          Row.quantile("wake_100_at_once_ms_p95", 0.95, "ms", NO_PEER, load.connectMillis()),
          one("awake_100_memory_mib", "MiB", enginesMib + serverMib),
          one("awake_100_server_rss_mib", "MiB", serverMib),
          Row.median("awake_100_engine_pss_mib", "MiB", NO_PEER, engines),
          one("awake_100_server_threads", "threads", entries(process.resolve("task"))),
          one("awake_100_server_files", "files", entries(process.resolve("fd"))),
          one("awake_100_errors", "errors", (double) load.errors()),
          Row.quantile("awake_100_statement_ms_p95", 0.95, "ms", NO_PEER, load.statementMillis()));
    }
  }

  private static double entries(Path directory) throws IOException {
    try (Stream<Path> found = Files.list(directory)) {
      return (double) found.count();
    }
  }

  /** Returns how long it takes until nothing is left to be removed from the disk. */
  private static double delete(ApiClient api) throws InterruptedException {
    long start = System.nanoTime();
    IntStream.range(0, BRANCHES).forEach(i -> api.delete("/v1/branches/" + branch(i)));
    while (api.get("/v1/store").path("deleting").path("layers").asLong() > 0) {
      if (System.nanoTime() - start > FREEING_TIMEOUT_NANOS) {
        throw new IllegalStateException("what was deleted is still not removed");
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  /** Blocks on disk, directories included. */
  private static long bytesBelow(Path directory) throws IOException, InterruptedException {
    String answer = Pgbench.output(List.of("du", "-s", "-B1", directory.toString()));
    return Long.parseLong(answer.split("\\s", 2)[0]);
  }
}
