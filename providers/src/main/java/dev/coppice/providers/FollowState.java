package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How far a base is, told by those who know and asked by everybody. */
final class FollowState {

  private record Sample(Lsn lsn, Instant time) {}

  /** An hour's worth, if the base lags that long. */
  private static final int MOST_SAMPLES = 3_600;

  private final Deque<Sample> ahead = new ArrayDeque<>();
  private Lsn applied;
  private Instant standsFor = Instant.EPOCH;
  private Lsn source;
  private Instant sourceTime = Instant.EPOCH;
  private long changes;
  private Lsn lastChange = Lsn.ZERO;
  private @Nullable KeptLog log;

  FollowState(Lsn start) {
    this.applied = start;
    this.source = start;
  }

  /** Durable in the base from now on. */
  synchronized void committed(Lsn end, Instant committedAt, int more) {
    changes += more;
    lastChange = end;
    if (committedAt.isAfter(standsFor)) {
      standsFor = committedAt;
    }
    reached(end);
  }

  /** The base held this much when it began to be followed again. */
  synchronized void resumed(Lsn end) {
    lastChange = end;
    reached(end);
  }

  /** Nothing that concerns the base lies before this. */
  synchronized void quiet(Lsn lsn) {
    if (lsn.atLeast(applied)) {
      reached(lsn);
    }
  }

  private void reached(Lsn lsn) {
    applied = applied.max(lsn);
    Sample next = ahead.peek();
    while (next != null && applied.atLeast(next.lsn())) {
      if (next.time().isAfter(standsFor)) {
        standsFor = next.time();
      }
      ahead.remove();
      next = ahead.peek();
    }
    notifyAll();
  }

  /** The source had committed up to there at that time. */
  synchronized void source(Lsn lsn, Instant time) {
    source = lsn.max(source);
    sourceTime = time;
    if (applied.atLeast(lsn)) {
      standsFor = time.isAfter(standsFor) ? time : standsFor;
    } else if (ahead.size() < MOST_SAMPLES) {
      ahead.add(new Sample(lsn, time));
    }
  }

  /** What the source keeps of its log for the slot. */
  synchronized void log(KeptLog kept) {
    log = kept;
  }

  synchronized Lsn applied() {
    return applied;
  }

  synchronized FollowPosition position() {
    return new FollowPosition(
        applied, standsFor, source, sourceTime, lastChange, changes, Optional.ofNullable(log));
  }

  /** Returns whether the base was there within that time. */
  synchronized boolean await(Lsn lsn, long patienceMillis) throws InterruptedException {
    long deadline = System.nanoTime() + patienceMillis * 1_000_000;
    while (!applied.atLeast(lsn)) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }
}
