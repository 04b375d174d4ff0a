package dev.coppice.benchmarks;

import dev.coppice.benchmarks.ProxyPeers.Route;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Ways to a database taking turns under one load; each round begins with another one. */
final class Contest {

  /**
   * What one turn came to: more of the first is better, less of the others.
   *
   * @param middleMicros mean latency of the middle half, finer than the median's whole microseconds
   */
  record Turn(
      double perSecond,
      double p50Micros,
      double middleMicros,
      double p99Micros,
      long transactions) {}

  /** A load on one way, which is a connection string. */
  interface Load {
    Turn run(String connection) throws Exception;
  }

  /** A turn, and what processor time the process in between took for a transaction. */
  record Result(Turn turn, double proxyMicros) {}

  /** A figure taken from two turns of one round. */
  enum Figure {
    THROUGHPUT("ratio", "") {
      @Override
      double of(Turn ours, Turn theirs) {
        return ours.perSecond() / theirs.perSecond();
      }
    },
    P50("ratio", "; less is better") {
      @Override
      double of(Turn ours, Turn theirs) {
        return ours.p50Micros() / theirs.p50Micros();
      }
    },
    P99("ratio", "; less is better") {
      @Override
      double of(Turn ours, Turn theirs) {
        return ours.p99Micros() / theirs.p99Micros();
      }
    },
    /** Of one client, whose throughput it is but for rare long waits. */
    SPEED("ratio", ", by one client's mean latency of the middle half") {
      @Override
      double of(Turn ours, Turn theirs) {
        return theirs.middleMicros() / ours.middleMicros();
      }
    },
    ADDED_P50("us", "") {
      @Override
      double of(Turn ours, Turn theirs) {
        return ours.p50Micros() - theirs.p50Micros();
      }
    };

    private final String unit;
    private final String note;

    Figure(String unit, String note) {
      this.unit = unit;
      this.note = note;
    }

    abstract double of(Turn ours, Turn theirs);
  }

  private final BenchmarkContext context;
  private final ProxyPeers peers;
  private final List<Row> rows;
  private final List<Skipped> skipped;
  private final Map<Way, List<Result>> results = new EnumMap<>(Way.class);

  Contest(BenchmarkContext context, ProxyPeers peers, List<Row> rows, List<Skipped> skipped) {
    this.context = context;
    this.peers = peers;
    this.rows = rows;
    this.skipped = skipped;
  }

  /**
   * Runs the load on every way, as often as comparisons are made and once before, which does not
   * count; forgets earlier turns.
   */
  void run(String name, Load load, Way... ways) throws Exception {
    run(name, context.pairs(), load, ways);
  }

  void run(String name, int rounds, Load load, Way... ways) throws Exception {
    results.clear();
    context.say(name);
    List<Way> contestants = new ArrayList<>();
    for (Way way : ways) {
      if (peers.route(way).isPresent()) {
        contestants.add(way);
        turn(way, load);
      }
    }
    for (int round = 0; round < rounds; round++) {
      StringBuilder line = new StringBuilder(" ");
      for (int i = 0; i < contestants.size(); i++) {
        Way way = contestants.get((round + i) % contestants.size());
        Result result = turn(way, load);
        results.computeIfAbsent(way, _ -> new ArrayList<>()).add(result);
        Turn turn = result.turn();
        line.append(
            " %s %.0f/s %.0f µs p99 %.0f µs"
                .formatted(way, turn.perSecond(), turn.p50Micros(), turn.p99Micros()));
      }
      context.say(line.toString());
    }
  }

  private Result turn(Way way, Load load) throws Exception {
    Route route = peers.route(way).orElseThrow();
    double before = proxySeconds(route);
    Turn turn = load.run(route.connection());
    return new Result(turn, (proxySeconds(route) - before) * 1e6 / turn.transactions());
  }

  private static double proxySeconds(Route route) {
    return route.proxy().isPresent() ? ProcessTime.seconds(route.proxy().getAsLong()) : 0;
  }

  /** Adds a row that compares Coppice with another way, if that is there. */
  void compare(String metric, Figure figure, Way peer) {
    compare(metric, figure, Way.COPPICE, peer);
  }

  void compare(String metric, Figure figure, Way subject, Way peer) {
    if (takesPart(peer)) {
      rows.add(
          Row.median(
              metric, figure.unit, peer.text() + figure.note, samples(figure, subject, peer)));
    } else {
      skipped.add(new Skipped(metric, PgBouncer.HOW_TO_INSTALL));
    }
  }

  /** Adds a row of what Coppice adds to the median latency, and says what PgBouncer does. */
  void addedLatency(String metric) {
    String peer = Way.DIRECT.text();
    if (takesPart(Way.PGBOUNCER)) {
      double theirs =
          Row.median("", "", "", samples(Figure.ADDED_P50, Way.PGBOUNCER, Way.DIRECT)).value();
      peer += String.format(Locale.ROOT, "; PgBouncer adds %.0f", theirs);
    }
    rows.add(Row.median(metric, "us", peer, samples(Figure.ADDED_P50, Way.COPPICE, Way.DIRECT)));
  }

  /** Adds a row of the processor time of the proxy, and says what PgBouncer takes. */
  void proxyTime(String metric) {
    proxyTime(metric, 1);
  }

  /**
   * @param transactions that the time is for
   */
  void proxyTime(String metric, int transactions) {
    String peer =
        takesPart(Way.PGBOUNCER)
            ? String.format(
                Locale.ROOT,
                "%.1f of PgBouncer",
                Row.median("", "", "", times(Way.PGBOUNCER, transactions)).value())
            : "";
    rows.add(Row.median(metric, "us", peer, times(Way.COPPICE, transactions)));
  }

  private double[] times(Way way, int transactions) {
    return of(way).stream().mapToDouble(r -> r.proxyMicros() * transactions).toArray();
  }

  private boolean takesPart(Way way) {
    return results.containsKey(way);
  }

  private List<Result> of(Way way) {
    return results.getOrDefault(way, List.of());
  }

  private double[] samples(Figure figure, Way subject, Way peer) {
    List<Result> ours = of(subject);
    List<Result> theirs = of(peer);
    double[] samples = new double[ours.size()];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = figure.of(ours.get(i).turn(), theirs.get(i).turn());
    }
    return samples;
  }
}
