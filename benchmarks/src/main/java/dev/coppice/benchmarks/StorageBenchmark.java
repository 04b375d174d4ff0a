package dev.coppice.benchmarks;

import dev.coppice.server.bench.Benchmark;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An engine in a branch beside the same engine on a plain directory of the same disk: same
 * binaries, same settings, a copy of the same files. Both run all the time; A and B take turns.
 */
public final class StorageBenchmark implements Benchmark {

  private static final String PEER = "the same engine on a plain directory";

  /** One thing to do to an engine; more of what it returns is better. */
  private interface Load {
    double run(BenchmarkEngine engine) throws Exception;
  }

  @Override
  public String name() {
    return "storage";
  }

  @Override
  public String summary() {
    return "pgbench, scans, COPY and index build in a branch and on a plain directory";
  }

  @Override
  public BenchmarkResult run(BenchmarkContext context) throws Exception {
    int scale = context.quick() ? 20 : 100;
    String seconds = context.quick() ? "8" : "30";
    List<Row> rows = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    context.say("filling a database of scale " + scale + " and copying it into a branch");
    try (StoragePeers peers = StoragePeers.prepare(context, scale)) {
      Optional<Pgbench> pgbench = Pgbench.find();
      if (pgbench.isPresent()) {
        List<String> select = List.of("-S", "-M", "prepared", "-c", "4", "-j", "2", "-T", seconds);
        List<String> tpcb = List.of("-M", "prepared", "-c", "4", "-j", "2", "-T", seconds);
        rows.add(compare(context, peers, "select_ratio", pgbenchLoad(pgbench.get(), select)));
        rows.add(compare(context, peers, "tpcb_ratio", pgbenchLoad(pgbench.get(), tpcb)));
      } else {
        skipped.add(new Skipped("select_ratio", Pgbench.HOW_TO_INSTALL));
        skipped.add(new Skipped("tpcb_ratio", Pgbench.HOW_TO_INSTALL));
      }
      rows.add(compare(context, peers, "seqscan_warm_ratio", StorageBenchmark::warmScan));
      if (PageCache.canBeDropped()) {
        rows.add(compare(context, peers, "seqscan_cold_ratio", StorageBenchmark::coldScan));
      } else {
        skipped.add(new Skipped("seqscan_cold_ratio", "dropping the page cache needs root"));
      }
      rows.add(compare(context, peers, "copy_in_ratio", StorageBenchmark::copyIn));
      rows.add(compare(context, peers, "index_build_ratio", StorageBenchmark::indexBuild));
      return new BenchmarkResult(peers.postgres(), rows, skipped);
    }
  }

  private static Load pgbenchLoad(Pgbench pgbench, List<String> options) {
    return engine -> pgbench.transactionsPerSecond(engine.address(), options);
  }

  /** Takes turns, with the first place going to each in turn, after one untimed round. */
  private static Row compare(BenchmarkContext context, StoragePeers peers, String metric, Load load)
      throws Exception {
    int pairs = context.pairs();
    double[] ratios = new double[pairs];
    context.say(metric);
    warmUp(peers, load);
    for (int i = 0; i < pairs; i++) {
      boolean branchFirst = i % 2 == 0;
      double first = load.run(branchFirst ? peers.branch() : peers.plain());
      double second = load.run(branchFirst ? peers.plain() : peers.branch());
      double branch = branchFirst ? first : second;
      double plain = branchFirst ? second : first;
      ratios[i] = branch / plain;
      context.say("  branch %.1f, plain %.1f, ratio %.3f".formatted(branch, plain, ratios[i]));
    }
    return Row.median(metric, "ratio", PEER, ratios);
  }

  private static void warmUp(StoragePeers peers, Load load) throws Exception {
    load.run(peers.branch());
    load.run(peers.plain());
  }

  private static double warmScan(BenchmarkEngine engine) throws Exception {
    double scansPerSecond = 0;
    for (int i = 0; i < 3; i++) {
      scansPerSecond = Math.max(scansPerSecond, scan(engine));
    }
    return scansPerSecond;
  }

  private static double coldScan(BenchmarkEngine engine) throws Exception {
    engine.restart();
    PageCache.drop();
    return scan(engine);
  }

  private static double scan(BenchmarkEngine engine) throws Exception {
    return engine.perSecond(
        "set max_parallel_workers_per_gather = 0",
        "select count(*), sum(abalance) from pgbench_accounts");
  }

  private static double copyIn(BenchmarkEngine engine) throws Exception {
    engine.execute("drop table if exists copied", "create table copied (like pgbench_accounts)");
    return engine.copyIn("copied", 500_000);
  }

  private static double indexBuild(BenchmarkEngine engine) throws Exception {
    engine.execute("drop index if exists built");
    return engine.perSecond(
        "set max_parallel_maintenance_workers = 0",
        "create index built on pgbench_accounts (bid, aid)");
  }

  /** The kernel's cache of file contents (https://docs.kernel.org/admin-guide/sysctl/vm.html). */
  private static final class PageCache {

    private static final Path DROP = Path.of("/proc/sys/vm/drop_caches");

    static boolean canBeDropped() {
      return Files.isWritable(DROP);
    }

    static void drop() throws IOException, InterruptedException {
      Pgbench.output(List.of("sync"));
      Files.writeString(DROP, "3\n");
    }
  }
}
