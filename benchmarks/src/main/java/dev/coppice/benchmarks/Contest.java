package dev.coppice.benchmarks;

import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.server.bench.BenchmarkResult.Skipped;
import java.util.ArrayList;
import java.util.List;

/** The ways to a database taking turns under one load; each round begins with another one. */
final class Contest {

  /** A way to the database. */
  enum Way {
    COPPICE,
    PGBOUNCER,
    DIRECT
  }

  /** What one turn came to: more of the first is better, less of the others. */
  record Turn(double perSecond, double p50Micros, double p99Micros) {}

  /** A load on one way, which is a connection string. */
  interface Load {
    Turn run(String connection) throws Exception;
  }

  /** A figure taken from two turns of one round. */
  enum Figure {
    THROUGHPUT("ratio", "") {
      @Override
      double of(Turn ours, Turn theirs) {
        return ours.perSecond() / theirs.perSecond();
      }
    },
    P99("ratio", "; less is better") {
      @Override
      double of(Turn ours, Turn theirs) {
        return ours.p99Micros() / theirs.p99Micros();
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

  private static final String DIRECT = "directly over TCP";
  private static final String PGBOUNCER = "PgBouncer in session mode";

  private final BenchmarkContext context;
  private final List<Contestant> contestants = new ArrayList<>();

  private record Contestant(Way way, String connection, List<Turn> turns) {
    Contestant(Way way, String connection) {
      this(way, connection, new ArrayList<>());
    }
  }

  Contest(BenchmarkContext context, ProxyPeers peers) {
    this.context = context;
    contestants.add(new Contestant(Way.COPPICE, peers.coppice()));
    peers
        .pgbouncer()
        .ifPresent(connection -> contestants.add(new Contestant(Way.PGBOUNCER, connection)));
    contestants.add(new Contestant(Way.DIRECT, peers.direct()));
  }

  /** Runs the load on every way, as often as comparisons are made; forgets earlier turns. */
  Contest run(String name, Load load) throws Exception {
    contestants.forEach(contestant -> contestant.turns().clear());
    context.say(name);
    for (int round = 0; round < context.pairs(); round++) {
      StringBuilder line = new StringBuilder(" ");
      for (int i = 0; i < contestants.size(); i++) {
        Contestant contestant = contestants.get((round + i) % contestants.size());
        Turn turn = load.run(contestant.connection());
        contestant.turns().add(turn);
        line.append(
            " %s %.0f/s %.0f µs p99 %.0f µs"
                .formatted(contestant.way(), turn.perSecond(), turn.p50Micros(), turn.p99Micros()));
      }
      context.say(line.toString());
    }
    return this;
  }

  Row vsDirect(String metric) {
    return row(metric, Figure.THROUGHPUT, Way.DIRECT, DIRECT);
  }

  Row addedLatency(String metric) {
    String peer = DIRECT;
    if (takesPart(Way.PGBOUNCER)) {
      double theirs =
          Row.median("", "", "", samples(Figure.ADDED_P50, Way.PGBOUNCER, Way.DIRECT)).value();
      peer += "; PgBouncer adds %.0f".formatted(theirs);
    }
    return row(metric, Figure.ADDED_P50, Way.DIRECT, peer);
  }

  /** Adds a row that compares with PgBouncer, if it is there. */
  void vsPgbouncer(String metric, Figure figure, List<Row> rows, List<Skipped> skipped) {
    if (takesPart(Way.PGBOUNCER)) {
      rows.add(row(metric, figure, Way.PGBOUNCER, PGBOUNCER + figure.note));
    } else {
      skipped.add(new Skipped(metric, PgBouncer.HOW_TO_INSTALL));
    }
  }

  private Row row(String metric, Figure figure, Way peer, String comparedWith) {
    return Row.median(metric, figure.unit, comparedWith, samples(figure, Way.COPPICE, peer));
  }

  private boolean takesPart(Way way) {
    return contestants.stream().anyMatch(contestant -> contestant.way() == way);
  }

  private List<Turn> turns(Way way) {
    return contestants.stream()
        .filter(contestant -> contestant.way() == way)
        .findFirst()
        .orElseThrow()
        .turns();
  }

  private double[] samples(Figure figure, Way subject, Way peer) {
    List<Turn> ours = turns(subject);
    List<Turn> theirs = turns(peer);
    double[] samples = new double[ours.size()];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = figure.of(ours.get(i), theirs.get(i));
    }
    return samples;
  }
}
