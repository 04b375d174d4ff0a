package dev.coppice.benchmarks;

import dev.coppice.server.bench.Benchmark;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the way through the proxy costs, beside PgBouncer and a direct connection. */
public final class ProxyBenchmark implements Benchmark {

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
        Contest contest = new Contest(context, peers, rows, skipped);
        ProxyLoads loads = new ProxyLoads(context, contest, pgbench.get());
        loads.selects();
        loads.otherWays();
        loads.writes();
        loads.batches();
        loads.journal();
        loads.connects();
        loads.copies();
      } else {
        for (String metric :
            List.of(
                "select_prepared_8_vs_pgbouncer",
                "connect_vs_pgbouncer",
                "added_latency_us_p50",
                "journal_cost_ratio")) {
          skipped.add(new Skipped(metric, Pgbench.HOW_TO_INSTALL));
        }
      }
      IdleClients.measure(context, peers, rows, skipped);
      return new BenchmarkResult(peers.postgres(), rows, skipped);
    }
  }
}
