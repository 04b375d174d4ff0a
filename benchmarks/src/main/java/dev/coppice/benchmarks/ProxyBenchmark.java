package dev.coppice.benchmarks;

import dev.coppice.benchmarks.Contest.Figure;
import dev.coppice.benchmarks.Contest.Turn;
import dev.coppice.server.bench.Benchmark;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the way through the proxy costs, beside PgBouncer and a direct connection. */
public final class ProxyBenchmark implements Benchmark {

  private static final List<String> MODES = List.of("simple", "extended", "prepared");
  private static final int[] CLIENTS = {1, 8, 64};
  private static final int CONNECTING_CLIENTS = 8;

  @Override
  public String name() {
    return "proxy";
  }

  @Override
  public String summary() {
    return "queries, connects and COPY through the proxy beside PgBouncer and direct connections";
  }

  @Override
  public BenchmarkResult run(BenchmarkContext context) throws Exception {
    List<Row> rows = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    context.say("filling a database, pulling it, making branches");
    try (ProxyPeers peers = ProxyPeers.start(context)) {
      Optional<Pgbench> pgbench = Pgbench.find();
      if (pgbench.isPresent()) {
        Measurement measurement =
            new Measurement(context, new Contest(context, peers), pgbench.get(), rows, skipped);
        measurement.selects();
        measurement.connects();
        measurement.copies();
      } else {
        skipped.add(new Skipped("select_prepared_8_vs_pgbouncer", Pgbench.HOW_TO_INSTALL));
        skipped.add(new Skipped("connect_vs_pgbouncer", Pgbench.HOW_TO_INSTALL));
        skipped.add(new Skipped("added_latency_us_p50", Pgbench.HOW_TO_INSTALL));
      }
      skipped.add(new Skipped("journal_cost_ratio", "there is no journal of statements yet"));
      IdleClients.measure(context, peers, rows, skipped);
      return new BenchmarkResult(peers.postgres(), rows, skipped);
    }
  }

  private record Measurement(
      BenchmarkContext context,
      Contest contest,
      Pgbench pgbench,
      List<Row> rows,
      List<Skipped> skipped) {

    /** A pgbench run, with the latency of each transaction. */
    private Turn pgbench(String connection, int seconds, String... options) throws Exception {
      TransactionLog log =
          new TransactionLog(Files.createDirectories(context.directory().resolve("transactions")));
      List<String> all = new ArrayList<>(log.options());
      all.addAll(List.of("-S", "-T", Integer.toString(seconds)));
      all.addAll(List.of(options));
      double perSecond = pgbench.run(connection, all).transactionsPerSecond();
      long[] latencies = log.take();
      return new Turn(
          perSecond, latencies[latencies.length / 2], latencies[latencies.length * 99 / 100]);
    }

    private int seconds() {
      return context.quick() ? 1 : 10;
    }

    void selects() throws Exception {
      contest.run("warming up", way -> pgbench(way, 1, "-M", "prepared", "-c", "8", "-j", "2"));
      for (String mode : MODES) {
        for (int clients : CLIENTS) {
          String load = "%s_%d".formatted(mode, clients);
          contest.run(
              "select_" + load,
              way ->
                  pgbench(
                      way,
                      seconds(),
                      "-M",
                      mode,
                      "-c",
                      Integer.toString(clients),
                      "-j",
                      Integer.toString(Math.min(clients, 2))));
          contest.vsPgbouncer("select_" + load + "_vs_pgbouncer", Figure.THROUGHPUT, rows, skipped);
          rows.add(contest.vsDirect("select_" + load + "_vs_direct"));
          contest.vsPgbouncer("p99_" + load + "_vs_pgbouncer", Figure.P99, rows, skipped);
          if (load.equals("prepared_8")) {
            contest.vsPgbouncer("p99_vs_pgbouncer", Figure.P99, rows, skipped);
          }
          if (load.equals("prepared_1")) {
            rows.add(contest.addedLatency("added_latency_us_p50"));
          }
        }
      }
    }

    /** Every transaction opens a connection of its own; SCRAM-SHA-256 everywhere. */
    void connects() throws Exception {
      String clients = Integer.toString(CONNECTING_CLIENTS);
      contest.run("connect", way -> pgbench(way, seconds(), "-C", "-c", clients, "-j", "2"));
      contest.vsPgbouncer("connect_vs_pgbouncer", Figure.THROUGHPUT, rows, skipped);
      rows.add(contest.vsDirect("connect_vs_direct"));
      contest.vsPgbouncer("connect_p99_vs_pgbouncer", Figure.P99, rows, skipped);
    }

    void copies() throws Exception {
      try (CopyLoad copy = CopyLoad.prepare(context, pgbench)) {
        contest.run("copy_out", copy::out);
        contest.vsPgbouncer("copy_out_vs_pgbouncer", Figure.THROUGHPUT, rows, skipped);
        rows.add(contest.vsDirect("copy_out_vs_direct"));
        contest.run("copy_in", copy::in);
        contest.vsPgbouncer("copy_in_vs_pgbouncer", Figure.THROUGHPUT, rows, skipped);
        rows.add(contest.vsDirect("copy_in_vs_direct"));
      }
    }
  }
}
