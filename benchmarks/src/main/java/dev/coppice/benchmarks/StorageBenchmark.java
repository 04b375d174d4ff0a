package dev.coppice.benchmarks;

import dev.coppice.server.bench.Benchmark;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An engine in a branch beside the same engine on a plain directory of the same disk: same
 * binaries, same settings, a copy of the same files. Both run all the time; A and B take turns.
 */
public final class StorageBenchmark implements Benchmark {

  private static final String PEER = "the same engine on a plain directory";

  @Override
  public String name() {
    return "storage";
  }

  @Override
  public String summary() {
    return "pgbench, scans, COPY, index build beside a plain directory; depth, space, forks";
  }

  @Override
  public BenchmarkResult run(BenchmarkContext context) throws Exception {
    int scale = context.quick() ? 20 : 100;
    String seconds = seconds(context);
    List<Row> rows = new ArrayList<>();
    List<Skipped> skipped = new ArrayList<>();
    context.say("filling a database of scale " + scale + " and copying it into a branch");
    try (StoragePeers peers = StoragePeers.prepare(context, scale)) {
      Turns turns = new Turns(context, peers.branch(), peers.plain(), "branch", PEER);
      Optional<Pgbench> pgbench = Pgbench.find();
      coldScan("seqscan_cold_ratio", turns, rows, skipped);
      if (pgbench.isPresent()) {
        List<String> select = List.of("-S", "-M", "prepared", "-c", "4", "-j", "2", "-T", seconds);
        CpuMeter cpu = new CpuMeter(pgbench.get(), tpcb(context), peers.branch());
        rows.add(turns.compare("select_ratio", pgbenchLoad(pgbench.get(), select)));
        rows.add(turns.compareOnDisk("tpcb_ratio", cpu));
        rows.add(cpu.row());
      } else {
        skipped.add(new Skipped("select_ratio", Pgbench.HOW_TO_INSTALL));
        skipped.add(new Skipped("tpcb_ratio", Pgbench.HOW_TO_INSTALL));
        skipped.add(new Skipped("cpu_s_per_ktx", Pgbench.HOW_TO_INSTALL));
      }
      rows.add(turns.compare("seqscan_warm_ratio", StorageBenchmark::warmScan));
      coldScan("seqscan_cold_rewritten_ratio", turns, rows, skipped);
      rows.add(turns.compareOnDisk("copy_in_ratio", StorageBenchmark::copyIn));
      rows.add(turns.compareOnDisk("index_build_ratio", StorageBenchmark::indexBuild));
      measureStore(context, peers, pgbench, rows, skipped);
      return new BenchmarkResult(peers.postgres(), rows, skipped);
    }
  }

  /** Before pgbench has written to most of the table's pages, or after it. */
  private static void coldScan(String metric, Turns turns, List<Row> rows, List<Skipped> skipped)
      throws Exception {
    if (PageCache.canBeDropped()) {
      rows.add(turns.compareOnDisk(metric, StorageBenchmark::coldScan));
    } else {
      skipped.add(new Skipped(metric, "dropping the page cache needs root"));
    }
  }

  private static String seconds(BenchmarkContext context) {
    return context.quick() ? "4" : "30";
  }

  private static List<String> tpcb(BenchmarkContext context) {
    return List.of("-M", "prepared", "-c", "4", "-j", "2", "-T", seconds(context));
  }

  private static void measureStore(
      BenchmarkContext context,
      StoragePeers peers,
      Optional<Pgbench> pgbench,
      List<Row> rows,
      List<Skipped> skipped)
      throws Exception {
    StoreEngines engines = new StoreEngines(context, peers.store(), Engines.newest(context));
    if (pgbench.isPresent()) {
      if (context.quick()) {
        skipped.add(new Skipped("relaxed_tpcb_ratio", "measured without --quick alone"));
      } else {
        Turns.Load load = pgbenchLoad(pgbench.get(), tpcb(context));
        rows.add(relaxed(context, peers, engines, load));
      }
      rows.addAll(DepthRows.measure(context, engines, pgbench.get()));
    } else {
      skipped.add(new Skipped("relaxed_tpcb_ratio", Pgbench.HOW_TO_INSTALL));
      skipped.add(new Skipped("depth100_select_ratio", Pgbench.HOW_TO_INSTALL));
      skipped.add(new Skipped("depth100_tpcb_ratio", Pgbench.HOW_TO_INSTALL));
    }
    rows.addAll(ScatteredUpdateRows.measure(context, engines));
    rows.add(ForkRows.measure(context, peers.store()));
  }

  /** A child of relaxed durability beside the plain directory, which waits for its disk. */
  private static Row relaxed(
      BenchmarkContext context, StoragePeers peers, StoreEngines engines, Turns.Load tpcb)
      throws Exception {
    PageStore store = peers.store();
    BranchId child = store.fork(peers.branchId(), Set.of("postmaster.pid"));
    store.relax(child, true);
    try (BenchmarkEngine engine = engines.start("relaxed", child, StoragePeers.SETTINGS)) {
      Turns turns = new Turns(context, engine, peers.plain(), "relaxed branch", PEER);
      return turns.compare("relaxed_tpcb_ratio", tpcb);
    } finally {
      store.delete(child);
    }
  }

  private static Turns.Load pgbenchLoad(Pgbench pgbench, List<String> options) {
    return engine -> pgbench.transactionsPerSecond(engine.address(), options);
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
    double rowsPerSecond = engine.copyIn("copied", 500_000);
    leaveNothingToWrite(engine);
    return rowsPerSecond;
  }

  /** Whose turn is next would wait for it. */
  private static void leaveNothingToWrite(BenchmarkEngine engine) throws Exception {
    engine.execute("checkpoint");
    Pgbench.output(List.of("sync"));
  }

  private static double indexBuild(BenchmarkEngine engine) throws Exception {
    engine.execute("drop index if exists built");
    double perSecond =
        engine.perSecond(
            "set max_parallel_maintenance_workers = 0",
            "create index built on pgbench_accounts (bid, aid)");
    leaveNothingToWrite(engine);
    return perSecond;
  }
}
