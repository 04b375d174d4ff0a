package dev.coppice.branches;

import dev.coppice.branches.catalogue.Credentials;
import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.engine.Engine;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.SnapshotId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Engines that wait, started, on forks of the newest snapshot of each source. The catalogue does
 * not know them: those that nobody claimed are left-overs for the next start.
 */
final class WarmPool implements AutoCloseable {

  /** A branch that lacks nothing but a name. */
  record WarmBranch(BranchId store, Engine engine, Credentials credentials) {}

  private record Target(StoredSource source, SnapshotId snapshot) {}

  private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
  private static final long MOST_YIELD_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final PageStore store;
  private final BranchEngines engines;
  private final Passwords passwords;
  private final int size;
  private final ExecutorService workers;

  private volatile long claimedAtNanos = System.nanoTime() - MOST_YIELD_NANOS;

  // All guarded by this.
  private final Map<UUID, Target> targets = new HashMap<>();
  private final Map<SnapshotId, Deque<WarmBranch>> waiting = new HashMap<>();
  private boolean filling;
  private boolean closed;

  WarmPool(
      PageStore store,
      BranchEngines engines,
      Passwords passwords,
      int size,
      ExecutorService workers) {
    this.store = store;
    this.engines = engines;
    this.passwords = passwords;
    this.size = size;
    this.workers = workers;
  }

  /** Keeps engines on this snapshot from now on, and none on an older one of the source. */
  void follow(StoredSource source, StoredSnapshot newest) {
    List<WarmBranch> outdated;
    synchronized (this) {
      Target former = targets.put(source.id(), new Target(source, newest.id()));
      outdated =
          former == null || former.snapshot.equals(newest.id())
              ? List.of()
              : remove(former.snapshot);
      fill();
    }
    outdated.forEach(this::discard);
  }

  void abandon(UUID source) {
    List<WarmBranch> outdated;
    synchronized (this) {
      Target former = targets.remove(source);
      outdated = former == null ? List.of() : remove(former.snapshot);
    }
    outdated.forEach(this::discard);
  }

  /** Never blocks. */
  synchronized Optional<WarmBranch> claim(SnapshotId snapshot) {
    claimedAtNanos = System.nanoTime();
    Deque<WarmBranch> entries = waiting.getOrDefault(snapshot, new ArrayDeque<>());
    WarmBranch claimed = entries.poll();
    while (claimed != null && !claimed.engine.alive()) {
      WarmBranch dead = claimed;
      workers.execute(() -> discard(dead));
      claimed = entries.poll();
    }
    fill();
    return Optional.ofNullable(claimed);
  }

  /** Fills up again what was stopped to make room, where there is some. */
  synchronized void topUp() {
    fill();
  }

  /** How many engines wait. */
  synchronized int waiting() {
    return waiting.values().stream().mapToInt(Deque::size).sum();
  }

  // With the monitor held.
  private List<WarmBranch> remove(SnapshotId snapshot) {
    Deque<WarmBranch> removed = waiting.remove(snapshot);
    return removed == null ? List.of() : new ArrayList<>(removed);
  }

  /** One engine at a time: clients' own starts come first. With the monitor held. */
  private void fill() {
    if (!filling && !closed && next().isPresent()) {
      filling = true;
      workers.execute(this::fillUp);
    }
  }

  // With the monitor held.
  private Optional<Target> next() {
    return targets.values().stream()
        .filter(target -> count(target.snapshot) < size)
        .min((a, b) -> Integer.compare(count(a.snapshot), count(b.snapshot)));
  }

  // With the monitor held.
  private int count(SnapshotId snapshot) {
    Deque<WarmBranch> entries = waiting.get(snapshot);
    return entries == null ? 0 : entries.size();
  }

  private void fillUp() {
    try {
      while (true) {
        Optional<Target> target;
        synchronized (this) {
          target = closed ? Optional.empty() : next();
          if (target.isEmpty()) {
            filling = false;
            return;
          }
        }
        yieldToClients();
        if (!add(target.get())) {
          // The next claim tries again.
          synchronized (this) {
            filling = false;
          }
          return;
        }
      }
    } catch (RuntimeException e) {
      LOG.warn("The pool of warm engines could not be filled; the next branch tries again", e);
      synchronized (this) {
        filling = false;
      }
    }
  }

  /** Who has just claimed an engine is about to use it, and the processors are few. */
  private void yieldToClients() {
    long began = System.nanoTime();
    while (System.nanoTime() - began < MOST_YIELD_NANOS
        && (engines.congested() || System.nanoTime() - claimedAtNanos < QUIET_NANOS)) {
      try {
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  /** Whether there was room for one more. */
  private boolean add(Target target) {
    Optional<Governor.Seat> seat = engines.governor().tryTake();
    if (seat.isEmpty()) {
      return false;
    }
    try {
      add(target, seat.get());
      return true;
    } catch (RuntimeException e) {
      seat.get().close();
      throw e;
    }
  }

  private void add(Target target, Governor.Seat seat) {
    BranchId branch = store.fork(target.snapshot);
    WarmBranch warm;
    try {
      warm = new WarmBranch(branch, engines.start(branch, target.source, false), passwords.next());
    } catch (RuntimeException e) {
      Ground.leniently("warm branch " + branch, () -> store.delete(branch));
      engines.forget(branch);
      throw e;
    }
    seat.take(warm.engine);
    boolean wanted;
    synchronized (this) {
      Target current = targets.get(target.source.id());
      wanted = !closed && current != null && current.snapshot.equals(target.snapshot);
      if (wanted) {
        waiting.computeIfAbsent(target.snapshot, snapshot -> new ArrayDeque<>()).add(warm);
      }
    }
    if (!wanted) {
      discard(warm);
    }
  }

  private void discard(WarmBranch warm) {
    warm.engine.stopNow();
    engines.governor().left(warm.engine);
    engines.forget(warm.store);
    Ground.leniently("warm branch " + warm.store, () -> store.delete(warm.store));
  }

  /** Stops an engine that waits and returns when it has ended; false if there is none. */
  boolean stopOne() {
    Optional<WarmBranch> superfluous;
    synchronized (this) {
      superfluous =
          waiting.values().stream()
              .filter(entries -> !entries.isEmpty())
              .findFirst()
              .map(Deque::remove);
    }
    superfluous.ifPresent(this::discard);
    return superfluous.isPresent();
  }

  /** Stops every engine that waits. */
  @Override
  public void close() {
    List<WarmBranch> left = new ArrayList<>();
    synchronized (this) {
      closed = true;
      waiting.values().forEach(left::addAll);
      waiting.clear();
    }
    left.parallelStream().forEach(this::discard);
  }
}
