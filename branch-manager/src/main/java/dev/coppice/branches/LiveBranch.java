package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredBranch;
import dev.coppice.branches.engine.Engine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
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
  private final Executor workers;
  private volatile StoredBranch stored;

  // Guarded by this.
  private @Nullable Engine engine;
  private @Nullable CompletableFuture<Engine> waking;
  private int leases;
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
      Executor workers) {
    this.stored = stored;
    this.starter = starter;
    this.stopped = stopped;
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
    CompletableFuture<Engine> awaited;
    synchronized (this) {
      if (closed != null) {
        return CompletableFuture.failedFuture(closed);
      }
      leases++;
      if (engine != null && engine.alive()) {
        return CompletableFuture.completedFuture(new Lease(engine));
      }
      awaited = waking;
      if (awaited == null) {
        awaited = new CompletableFuture<>();
        waking = awaited;
        CompletableFuture<Engine> started = awaited;
        workers.execute(() -> wake(started));
      }
    }
    return awaited
        .whenComplete((running, failure) -> {
          if (failure != null) {
            release();
          }
        })
        .thenApply(running -> new Lease(running));
  }

  private void wake(CompletableFuture<Engine> awaited) {
    operations.lock();
    try {
      requireOpen();
      Engine running = engine();
      if (running == null) {
        running = starter.apply(this);
        adopt(running);
      }
      synchronized (this) {
        waking = null;
      }
      awaited.complete(running);
    } catch (Throwable failure) {
      synchronized (this) {
        waking = null;
      }
      awaited.completeExceptionally(failure);
    } finally {
      operations.unlock();
    }
  }

  private synchronized void requireOpen() {
    if (closed != null) {
      throw closed;
    }
  }

  private synchronized void release() {
    leases--;
    if (leases == 0) {
      idleSinceNanos = System.nanoTime();
    }
  }

  /** Stops the engine, if it runs. With {@link #operations} held. */
  void suspend() {
    stopForGood();
    stopped.accept(this);
  }

  /** The same where nobody will need the branch's files any more. */
  void stopForGood() {
    Engine stopping;
    synchronized (this) {
      stopping = engine;
      engine = null;
    }
    if (stopping != null) {
      stopping.stopFast(BranchEngines.STOP_TIMEOUT);
    }
  }

  /** Stops the engine if nobody has used it for that long. */
  void suspendIfIdle(Duration timeout) {
    if (!idle(timeout) || !operations.tryLock()) {
      return;
    }
    try {
      Engine stopping = null;
      synchronized (this) {
        if (idle(timeout)) {
          stopping = engine;
          engine = null;
        }
      }
      if (stopping != null) {
        LOG.info("Suspending branch {}, which is idle", name());
        stopping.stopFast(BranchEngines.STOP_TIMEOUT);
        stopped.accept(this);
      }
    } finally {
      operations.unlock();
    }
  }

  private synchronized boolean idle(Duration timeout) {
    return engine != null
        && leases == 0
        && waking == null
        && System.nanoTime() - idleSinceNanos > timeout.toNanos();
  }

  /** Refuses every later connection with the reason. */
  synchronized void close(BranchException reason) {
    closed = reason;
  }

  private final class Lease implements EngineLease {

    private final Engine leased;
    private final AtomicBoolean open = new AtomicBoolean(true);

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
    public void close() {
      if (open.compareAndSet(true, false)) {
        release();
      }
    }
  }
}
