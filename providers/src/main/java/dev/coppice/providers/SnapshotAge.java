package dev.coppice.providers;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Ends a pull whose snapshot gets too old, unless the snapshot is let go before. */
final class SnapshotAge implements AutoCloseable {

  private enum State {
    HELD,
    LET_GO,
    TOO_OLD
  }

  private final Optional<Duration> limit;
  private final AtomicReference<State> state = new AtomicReference<>(State.HELD);
  private final CountDownLatch over = new CountDownLatch(1);

  private SnapshotAge(Optional<Duration> limit) {
    this.limit = limit;
  }

  /** To be called on the thread that pulls, when the snapshot begins. */
  static SnapshotAge begin(Optional<Duration> limit, PullScope scope) {
    SnapshotAge age = new SnapshotAge(limit);
    Thread pulling = Thread.currentThread();
    limit.ifPresent(most ->
        Thread.ofVirtual()
            .name("coppice-pull-age")
            .start(() -> {
              if (age.reaches(most)) {
                scope.stop();
                pulling.interrupt();
              }
            }));
    return age;
  }

  private boolean reaches(Duration most) {
    try {
      return !over.await(most.toNanos(), TimeUnit.NANOSECONDS)
          && state.compareAndSet(State.HELD, State.TOO_OLD);
    } catch (InterruptedException e) {
      return false;
    }
  }

  /** The snapshot is held no more. Throws if it was held for too long. */
  void letGo() {
    if (!state.compareAndSet(State.HELD, State.LET_GO) && tooOld()) {
      throw failure(null);
    }
    over.countDown();
  }

  private boolean tooOld() {
    return state.get() == State.TOO_OLD;
  }

  /** Why the pull failed: this, or what it failed of by itself. */
  Exception explain(Exception seen) {
    return tooOld() ? failure(seen) : seen;
  }

  private SourceException failure(@Nullable Exception cause) {
    return new SourceException(
        SourceFailure.SNAPSHOT_TOO_OLD,
        "The pull was given up: its snapshot was held for "
            + limit.map(SnapshotAge::readable).orElse("")
            + ", which is the most that is allowed.",
        "Nothing is left of it. Allow more with --max-snapshot-age, make it faster with more --jobs"
            + " or a higher --rate-limit, or pull from a standby with --from-replica.",
        cause);
  }

  private static String readable(Duration age) {
    return age.toString().substring(2).toLowerCase(Locale.ROOT);
  }

  @Override
  public void close() {
    state.compareAndSet(State.HELD, State.LET_GO);
    over.countDown();
  }
}
