package dev.coppice.branches;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;

/** What is counted and timed. */
final class Metrics {

  final Timer create;
  final Timer wake;
  final Timer fork;
  final Timer seal;
  final Counter warm;
  final Counter cold;
  final Counter evictedBranches;
  final Counter evictedWarm;

  Metrics(MeterRegistry meters, Register register) {
    create = timer(meters, "coppice.branch.create", "Creating a branch, its engine's start apart");
    wake = timer(meters, "coppice.branch.wake", "Starting a branch's engine");
    fork = timer(meters, "coppice.store.fork", "Forking the files of a snapshot");
    seal = timer(meters, "coppice.source.seal", "Sealing a base into a snapshot");
    warm = claims(meters, "warm");
    cold = claims(meters, "cold");
    evictedBranches = evictions(meters, "branch");
    evictedWarm = evictions(meters, "warm");
    meters.gauge("coppice.branches", register, r -> r.branches().size());
    meters.gauge("coppice.sources", register, r -> r.sources().size());
    meters.gauge(
        "coppice.engines.awake",
        register,
        r -> r.branches().stream().filter(LiveBranch::awake).count());
  }

  /** Engines that nobody has asked for yet. */
  static void watch(MeterRegistry meters, WarmPool pool) {
    meters.gauge("coppice.engines.warm", pool, WarmPool::waiting);
  }

  /** How full it is. */
  static void watch(MeterRegistry meters, Governor governor) {
    meters.gauge("coppice.engines.memory", governor, Governor::occupiedBytes);
    meters.gauge("coppice.engines.memory.limit", governor, Governor::memoryBytes);
    meters.gauge("coppice.engines.waiting", governor, Governor::waiting);
  }

  private static Counter evictions(MeterRegistry meters, String kind) {
    return Counter.builder("coppice.engines.evicted")
        .description("Engines that nobody used, stopped to make room for others")
        .tag("kind", kind)
        .register(meters);
  }

  private static Timer timer(MeterRegistry meters, String name, String description) {
    return Timer.builder(name)
        .description(description)
        .publishPercentileHistogram()
        .register(meters);
  }

  private static Counter claims(MeterRegistry meters, String engine) {
    return Counter.builder("coppice.branch.created")
        .description("Branches created, by whether an engine was waiting")
        .tag("engine", engine)
        .register(meters);
  }
}
