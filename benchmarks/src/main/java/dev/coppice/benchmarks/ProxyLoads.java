package dev.coppice.benchmarks;

import dev.coppice.benchmarks.Contest.Figure;
import dev.coppice.benchmarks.Contest.Turn;
import dev.coppice.server.bench.BenchmarkContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** What is done over each way to the database. */
record ProxyLoads(BenchmarkContext context, Contest contest, Pgbench pgbench) {

  private static final List<String> MODES = List.of("simple", "extended", "prepared");
  private static final int[] CLIENTS = {1, 8, 64};
  private static final int CONNECTING_CLIENTS = 8;
  private static final int BATCH = 20;

  /** A tap costs little, so that many pairs are needed to see it; short ones, side by side. */
  private static final int JOURNAL_PAIRS = 25;

  private static final int JOURNAL_TRANSACTIONS = 4_000;

  /** Code that runs once for a connection takes thousands of them to be compiled. */
  private static final int CONNECT_WARM_UPS = 15;

  private static final Way[] USUAL = {Way.COPPICE, Way.PGBOUNCER, Way.DIRECT};

  /** A pgbench run, with the latency of each transaction. */
  private Turn pgbench(String connection, List<String> options) throws Exception {
    List<String> timed = new ArrayList<>(List.of("-T", context.quick() ? "1" : "5"));
    timed.addAll(options);
    return turn(connection, timed);
  }

  private Turn turn(String connection, List<String> options) throws Exception {
    TransactionLog log =
        new TransactionLog(Files.createDirectories(context.directory().resolve("transactions")));
    List<String> all = new ArrayList<>(log.options());
    all.addAll(options);
    double perSecond = pgbench.run(connection, all).transactionsPerSecond();
    long[] latencies = log.take();
    return new Turn(
        perSecond,
        latencies[latencies.length / 2],
        middle(latencies),
        latencies[latencies.length * 99 / 100],
        latencies.length);
  }

  private static double middle(long[] ascending) {
    int quarter = ascending.length / 4;
    return Arrays.stream(ascending, quarter, ascending.length - quarter).average().orElseThrow();
  }

  private Contest.Load load(int clients, String... options) {
    List<String> all =
        new ArrayList<>(
            List.of("-c", Integer.toString(clients), "-j", Integer.toString(Math.min(clients, 2))));
    all.addAll(List.of(options));
    return connection -> pgbench(connection, all);
  }

  /** What is compiled while a server runs is compiled by then, in each mode. */
  private void warmUp() throws Exception {
    contest.run("warming up, tapped", 2, load(8, "-S", "-M", "prepared"), Way.COPPICE, Way.TAPPED);
    for (String mode : MODES) {
      for (int clients : List.of(64, 8)) {
        String name = "warming up, %s, %d clients".formatted(mode, clients);
        contest.run(name, 1, load(clients, "-S", "-M", mode), Way.COPPICE);
      }
    }
  }

  void selects() throws Exception {
    warmUp();
    for (String mode : MODES) {
      for (int clients : CLIENTS) {
        String name = "%s_%d".formatted(mode, clients);
        contest.run("select_" + name, load(clients, "-S", "-M", mode), USUAL);
        contest.compare("select_" + name + "_vs_pgbouncer", Figure.THROUGHPUT, Way.PGBOUNCER);
        contest.compare("select_" + name + "_vs_direct", Figure.THROUGHPUT, Way.DIRECT);
        contest.compare("p50_" + name + "_vs_pgbouncer", Figure.P50, Way.PGBOUNCER);
        contest.compare("p99_" + name + "_vs_pgbouncer", Figure.P99, Way.PGBOUNCER);
        contest.proxyTime("proxy_cpu_us_" + name);
        if (name.equals("prepared_8")) {
          contest.compare("p99_vs_pgbouncer", Figure.P99, Way.PGBOUNCER);
        }
        if (name.equals("prepared_1")) {
          contest.addedLatency("added_latency_us_p50");
        }
      }
    }
  }

  /** The unix socket and PgBouncer's transaction mode: in the quick form in one row alone. */
  void otherWays() throws Exception {
    if (context.quick()) {
      otherWays("simple", 8);
      return;
    }
    for (String mode : MODES) {
      for (int clients : CLIENTS) {
        otherWays(mode, clients);
      }
    }
  }

  /** PgBouncer 1.18 knows no prepared statements in transaction mode. */
  private void otherWays(String mode, int clients) throws Exception {
    String metric = "select_%s_%d".formatted(mode, clients);
    boolean pooled = !mode.equals("prepared");
    List<Way> ways = new ArrayList<>(List.of(Way.COPPICE, Way.SOCKET));
    if (pooled) {
      ways.add(Way.PGBOUNCER_TRANSACTION);
    }
    contest.run(
        metric + " on other ways", load(clients, "-S", "-M", mode), ways.toArray(Way[]::new));
    contest.compare(metric + "_vs_socket", Figure.THROUGHPUT, Way.SOCKET);
    if (pooled) {
      contest.compare(
          metric + "_vs_pgbouncer_transaction", Figure.THROUGHPUT, Way.PGBOUNCER_TRANSACTION);
    }
  }

  /** Both on the page store; the plain directory of the direct way has no part in it. */
  void writes() throws Exception {
    contest.run("tpcb", load(8), Way.COPPICE, Way.PGBOUNCER);
    contest.compare("tpcb_8_vs_pgbouncer", Figure.THROUGHPUT, Way.PGBOUNCER);
    contest.compare("p99_tpcb_8_vs_pgbouncer", Figure.P99, Way.PGBOUNCER);
    contest.proxyTime("proxy_cpu_us_tpcb_8");
  }

  /** Many statements before the first answer is awaited. */
  void batches() throws Exception {
    Path script = context.directory().resolve("batch.sql");
    Files.writeString(script, batch());
    contest.run("pipelined batches", load(8, "-M", "prepared", "-f", script.toString()), USUAL);
    contest.compare("pipelined_8_vs_pgbouncer", Figure.THROUGHPUT, Way.PGBOUNCER);
    contest.compare("pipelined_8_vs_direct", Figure.THROUGHPUT, Way.DIRECT);
    contest.compare("p99_pipelined_8_vs_pgbouncer", Figure.P99, Way.PGBOUNCER);
    contest.proxyTime("proxy_cpu_us_pipelined_8");
    Files.delete(script);
  }

  private static String batch() {
    StringBuilder script = new StringBuilder("\\startpipeline\n");
    for (int i = 0; i < BATCH; i++) {
      script.append("\\set aid").append(i).append(" random(1, 100000)\n");
    }
    for (int i = 0; i < BATCH; i++) {
      script.append("SELECT abalance FROM pgbench_accounts WHERE aid = :aid" + i + ";\n");
    }
    return script.append("\\endpipeline\n").toString();
  }

  void journal() throws Exception {
    contest.run(
        "journal_cost_ratio",
        Math.max(JOURNAL_PAIRS, context.pairs()),
        connection -> turn(connection, List.of("-S", "-t", Integer.toString(JOURNAL_TRANSACTIONS))),
        Way.COPPICE,
        Way.TAPPED);
    contest.compare("journal_cost_ratio", Figure.SPEED, Way.TAPPED, Way.COPPICE);
  }

  /** Every transaction opens a connection of its own; SCRAM-SHA-256 everywhere. */
  void connects() throws Exception {
    Contest.Load load = load(CONNECTING_CLIENTS, "-S", "-C");
    contest.run("the first connects", load, Way.COPPICE, Way.PGBOUNCER);
    contest.compare("connect_cold_vs_pgbouncer", Figure.THROUGHPUT, Way.PGBOUNCER);
    contest.proxyTime("proxy_cpu_us_connect_cold");
    contest.run("connect, warming up", CONNECT_WARM_UPS, load, Way.COPPICE);
    contest.run("connect", load, USUAL);
    contest.compare("connect_vs_pgbouncer", Figure.THROUGHPUT, Way.PGBOUNCER);
    contest.compare("connect_vs_direct", Figure.THROUGHPUT, Way.DIRECT);
    contest.compare("connect_p99_vs_pgbouncer", Figure.P99, Way.PGBOUNCER);
    contest.proxyTime("proxy_cpu_us_connect");
  }

  void copies() throws Exception {
    try (CopyLoad copy = CopyLoad.prepare(context, pgbench)) {
      for (String direction : List.of("copy_out", "copy_in")) {
        contest.run(direction, direction.equals("copy_out") ? copy::out : copy::in, USUAL);
        contest.compare(direction + "_vs_pgbouncer", Figure.THROUGHPUT, Way.PGBOUNCER);
        contest.compare(direction + "_vs_direct", Figure.THROUGHPUT, Way.DIRECT);
        contest.proxyTime("proxy_cpu_us_%s_1000_rows".formatted(direction), 1_000);
      }
    }
  }
}
