package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredBranch;
import dev.coppice.branches.engine.Engine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A branch and its engine. Whatever changes the branch, or starts or stops its engine, holds {@link
 * #operations}; the fields below {@code this}'s monitor are only ever held for an instant, so that
 * connecting never blocks.
 */
final class LiveBranch {

  private static final Logger LOG = LoggerFactory.getLogger(LiveBranch.class);

  /** One writer per branch. */
  final ReentrantLock operations = new ReentrantLock(true);

  private final Function<LiveBranch, Engine> starter;
  private final Consumer<LiveBranch> stopped;
  private final Governor governor;
  private final Duration wakeTimeout;
  private final Executor workers;
  private volatile StoredBranch stored;

  // Guarded by this.
  private @Nullable Engine engine;
  private @Nullable Waking waking;
  private int leases;
  private final Set<Lease> given = new HashSet<>();
  private @Nullable EngineEnd lastEnd;
  private long idleSinceNanos = System.nanoTime();
  private @Nullable BranchException closed;

  /**
   * @param starter starts the branch's engine; called with {@link #operations} held
   * @param stopped told when the engine has been stopped in order; called with them held as well
   */
  LiveBranch(
      StoredBranch stored,
      Function<LiveBranch, Engine> starter,
      Consumer<LiveBranch> stopped,
      Governor governor,
      Duration wakeTimeout,
      Executor workers) {
    this.stored = stored;
    this.starter = starter;
    this.stopped = stopped;
    this.governor = governor;
    this.wakeTimeout = wakeTimeout;
    this.workers = workers;
  }

  BranchName name() {
    return stored.name();
  }

  StoredBranch stored() {
    return stored;
  }

  synchronized boolean awake() {
    return engine != null && engine.alive();
  }

  synchronized @Nullable Engine engine() {
    return engine != null && engine.alive() ? engine : null;
  }

  /** With {@link #operations} held, or before anybody else knows the branch. */
  void replace(StoredBranch newer) {
    stored = newer;
  }

  /** Takes over an engine that runs on the branch already. */
  synchronized void adopt(Engine running) {
    engine = running;
    lastEnd = null;
    idleSinceNanos = System.nanoTime();
    var _ = running.ended().thenAccept(this::ended);
  }

  private synchronized void ended(Engine which) {
    if (engine == which) {
      engine = null;
      LOG.warn(
          "The engine of branch {} ended by itself; the next connection starts it anew. {}",
          name(),
          which.lastLogLines());
    }
  }

  /** Never blocks. The lease counts from now on, so that the branch is not suspended meanwhile. */
  CompletionStage<EngineLease> connect() {
    Waking attempt;
    synchronized (this) {
      if (closed != null) {
        return CompletableFuture.failedFuture(closed);
      }
      leases++;
      if (engine != null && engine.alive()) {
        return CompletableFuture.completedFuture(lease(engine));
      }
      attempt = waking;
      if (attempt == null) {
        attempt = new Waking();
        waking = attempt;
        Waking started = attempt;
        workers.execute(() -> wake(started, Optional.empty(), () -> false));
      }
    }
    return attempt
        .awaited(name(), wakeTimeout, workers)
        .whenComplete((running, failure) -> {
          if (failure != null) {
            release();
          }
        })
        .thenApply(this::lease);
  }

  /**
   * Starts the engine for somebody who might come, if that is at nobody's cost.
   *
   * @param known why it was stopped last; if it has been again, nobody is expected
   */
  void wakeIfRoom(Optional<EngineEnd> known) {
    synchronized (this) {
      if (closed != null || waking != null || awake() || !lastEnd().equals(known)) {
        return;
      }
      Optional<Governor.Seat> seat = governor.tryTake();
      if (seat.isPresent()) {
        Waking attempt = new Waking();
        waking = attempt;
        workers.execute(() -> wake(attempt, seat, () -> nobodyWants(known)));
      }
    }
  }

  private void wake(Waking attempt, Optional<Governor.Seat> reserved, BooleanSupplier unwanted) {
    Governor.Seat seat;
    try {
      seat = reserved.orElseGet(governor::take);
    } catch (RuntimeException failure) {
      failed(attempt, failure);
      return;
    }
    attempt.turn().complete(null);
    operations.lock();
    try {
      requireOpen();
      if (unwanted.getAsBoolean()) {
        seat.close();
        return;
      }
      Engine running = engine();
      if (running == null) {
        running = starter.apply(this);
        seat.take(running);
        adopt(running);
      } else {
        seat.close();
      }
      synchronized (this) {
        waking = null;
      }
      attempt.engine().complete(running);
      governor.stir();
    } catch (Throwable failure) {
      seat.close();
      failed(attempt, failure);
    } finally {
      operations.unlock();
    }
  }

  /** Whether the engine was stopped again and nobody waits; then nothing is waking any more. */
  private synchronized boolean nobodyWants(Optional<EngineEnd> known) {
    boolean unwanted = leases == 0 && !lastEnd().equals(known);
    if (unwanted) {
      waking = null;
    }
    return unwanted;
  }

  private synchronized Optional<EngineEnd> lastEnd() {
    return Optional.ofNullable(lastEnd);
  }

  private void failed(Waking attempt, Throwable failure) {
    synchronized (this) {
      waking = null;
    }
    attempt.engine().completeExceptionally(failure);
  }

  private synchronized void requireOpen() {
    if (closed != null) {
      throw closed;
    }
  }

  /** Of an engine that may be ending already. */
  private Lease lease(Engine running) {
    Lease lease = new Lease(running);
    EngineEnd end;
    synchronized (this) {
      end = engine == running ? null : lastEnd;
      given.add(lease);
    }
    if (end != null) {
      lease.ending.complete(end);
    }
    return lease;
  }

  private void release(Lease lease) {
    synchronized (this) {
      given.remove(lease);
    }
    release();
  }

  private void release() {
    boolean idle;
    synchronized (this) {
      leases--;
      idle = leases == 0;
      if (idle) {
        idleSinceNanos = System.nanoTime();
      }
    }
    if (idle) {
      governor.stir();
    }
  }

  /** Stops the engine, if it runs. With {@link #operations} held. */
  void suspend(EngineEnd why) {
    stopForGood(why);
    stopped.accept(this);
  }

  /** The same where nobody will need the branch's files any more. */
  void stopForGood(EngineEnd why) {
    Engine stopping;
    List<Lease> told;
    synchronized (this) {
      stopping = engine;
      engine = null;
      lastEnd = why;
      told = List.copyOf(given);
    }
    told.forEach(lease -> lease.ending.complete(why));
    if (stopping != null) {
      stopping.stopFast(BranchEngines.STOP_TIMEOUT);
    }
  }

  /** Stops the engine if nobody has used it for that long. */
  void suspendIfIdle(Duration timeout) {
    if (isIdle() && idleNanos() > timeout.toNanos() && suspendIfIdle()) {
      LOG.info("Suspended branch {}, which was idle", name());
    }
  }

  /** Stops the engine unless somebody uses it or is about to; whether it was stopped. */
  boolean suspendIfIdle() {
    if (!isIdle() || !operations.tryLock()) {
      return false;
    }
    try {
      Engine stopping;
      synchronized (this) {
        if (!isIdle() || engine == null) {
          return false;
        }
        stopping = engine;
        engine = null;
        lastEnd = null;
      }
      stopping.stopFast(BranchEngines.STOP_TIMEOUT);
      governor.left(stopping);
      stopped.accept(this);
      return true;
    } finally {
      operations.unlock();
    }
  }

  synchronized boolean isIdle() {
    return engine != null && leases == 0 && waking == null;
  }

  /** Since nobody has a lease any more. */
  synchronized long idleNanos() {
    return System.nanoTime() - idleSinceNanos;
  }

  /** Refuses every later connection with the reason, and those that wait. */
  void close(BranchException reason) {
    Waking attempt;
    synchronized (this) {
      closed = reason;
      attempt = waking;
    }
    if (attempt != null) {
      attempt.engine().completeExceptionally(reason);
    }
  }

  private final class Lease implements EngineLease {

    private final Engine leased;
    private final AtomicBoolean open = new AtomicBoolean(true);
    private final CompletableFuture<EngineEnd> ending = new CompletableFuture<>();

    Lease(Engine leased) {
      this.leased = leased;
    }

    @Override
    public Path socket() {
      return leased.socket();
    }

    @Override
    public Object engine() {
      return leased;
    }

    @Override
    public CompletionStage<EngineEnd> ending() {
      return ending.minimalCompletionStage();
    }

    @Override
    public void close() {
      if (open.compareAndSet(true, false)) {
        release(this);
      }
    }
  }
}
