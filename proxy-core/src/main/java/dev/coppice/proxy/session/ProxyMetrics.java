package dev.coppice.proxy.session;

import dev.coppice.proxy.tls.CurrentIdentity;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the proxy counts. Every label has a bounded number of values. Any thread. */
final class ProxyMetrics {

  /** How a connection ended. */
  enum Outcome {
    /** A session was established and has ended. */
    SERVED,
    CANCEL_REQUEST,
    REFUSED,
    /** The client left before its session was established. */
    ABANDONED
  }

  private static final int MAX_KINDS = 64;
  private static final String OTHER_KINDS = "other";

  private final MeterRegistry registry;
  private final AtomicInteger active = new AtomicInteger();
  private final Map<Outcome, Counter> connections = new EnumMap<>(Outcome.class);
  private final Counter newSessions;
  private final Counter reusedSessions;
  private final Counter bytesIn;
  private final Counter bytesOut;
  private final Timer handshake;
  private final Timer wake;
  private final Set<String> kinds = ConcurrentHashMap.newKeySet();

  ProxyMetrics(MeterRegistry registry) {
    this.registry = registry;
    Gauge.builder("coppice.proxy.connections.active", active, AtomicInteger::get)
        .description("Client connections that are open")
        .register(registry);
    if (ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider buffers) {
      Gauge.builder("coppice.proxy.buffers", buffers, b -> b.metric().usedDirectMemory())
          .description("Memory beside the heap that buffers occupy")
          .baseUnit("bytes")
          .register(registry);
    }
    for (Outcome outcome : Outcome.values()) {
      connections.put(
          outcome,
          Counter.builder("coppice.proxy.connections")
              .description("Client connections that have ended")
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    this.newSessions = sessions("new");
    this.reusedSessions = sessions("reused");
    this.bytesIn = bytes("in");
    this.bytesOut = bytes("out");
    this.handshake =
        Timer.builder("coppice.proxy.handshake")
            .description("From accepting a connection to the end of authentication")
            .publishPercentileHistogram()
            .register(registry);
    this.wake =
        Timer.builder("coppice.proxy.wake")
            .description("From the end of authentication to an engine ready for queries")
            .publishPercentileHistogram()
            .register(registry);
  }

  /** Tells until when the certificate is valid. */
  void watch(CurrentIdentity tls) {
    Gauge.builder(
            "coppice.proxy.certificate.expires", tls, t -> t.get().validUntil().getEpochSecond())
        .description("When the certificate that TLS clients are shown expires, since the epoch")
        .baseUnit("seconds")
        .register(registry);
  }

  private Counter sessions(String origin) {
    return Counter.builder("coppice.proxy.sessions")
        .description("Engines' sessions that clients were given")
        .tag("origin", origin)
        .register(registry);
  }

  private Counter bytes(String direction) {
    return Counter.builder("coppice.proxy.bytes")
        .description("What passed between clients and engines, without TLS")
        .tag("direction", direction)
        .baseUnit("bytes")
        .register(registry);
  }

  /** From a client to its engine. */
  void in(int bytes) {
    bytesIn.increment(bytes);
  }

  /** From an engine to its client. */
  void out(int bytes) {
    bytesOut.increment(bytes);
  }

  void session(boolean reused) {
    (reused ? reusedSessions : newSessions).increment();
  }

  void opened() {
    active.incrementAndGet();
  }

  void closed(Outcome outcome) {
    active.decrementAndGet();
    Counter counter = connections.get(outcome);
    if (counter != null) {
      counter.increment();
    }
  }

  void authenticated(long nanos) {
    handshake.record(Duration.ofNanos(nanos));
  }

  void awake(long nanos) {
    wake.record(Duration.ofNanos(nanos));
  }

  void refused(String kind) {
    Counter.builder("coppice.proxy.refusals")
        .description("Clients that were turned away, by reason")
        .tag("kind", label(kind))
        .register(registry)
        .increment();
  }

  void ended(String kind) {
    Counter.builder("coppice.proxy.sessions.ended")
        .description("Sessions that the proxy ended, by reason")
        .tag("kind", label(kind))
        .register(registry)
        .increment();
  }

  private String label(String kind) {
    String label = kinds.contains(kind) || kinds.size() < MAX_KINDS ? kind : OTHER_KINDS;
    kinds.add(label);
    return label;
  }
}
