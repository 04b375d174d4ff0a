package dev.coppice.branches;

import dev.coppice.branches.engine.Engine;
import dev.coppice.branches.engine.EngineMemory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the memory of the engines that are awake. Each has a seat from before it starts until its
 * process has ended. Who finds no room waits, first come first served, while idle engines are
 * stopped to make some. Any thread.
 */
final class Governor {

  /** What is reserved for an engine that was not measured yet. */
  static final long NEW_ENGINE_BYTES = 48L << 20;

  /** What an engine that does nothing needs, its processes' own memory included. */
  static final long LEAST_ENGINE_BYTES = 24L << 20;

  /** So many of those who wait look for an engine to stop at the same time. */
  private static final int FOREMOST = 4;

  /**
   * Between two looks at what engines occupy lies so much of what the first took: the kernel walks
   * through the pages of every session for it.
   */
  private static final int MEASURING_PAUSE = 100;

  private static final long LONGEST_PAUSE_NANOS = Duration.ofMinutes(1).toNanos();

  private final long memoryBytes;
  private final Duration turnTimeout;
  private volatile long measureAfterNanos = System.nanoTime();
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Set<Seat> seats = new HashSet<>();
  private final Deque<Condition> queue = new ArrayDeque<>();
  private BooleanSupplier eviction = () -> false;
  private long changes;

  Governor(EngineRoom room) {
    this.memoryBytes = room.memoryBytes();
    this.turnTimeout = room.turnTimeout();
  }

  /** The right to run one engine. */
  final class Seat implements AutoCloseable {

    private final boolean standing;
    private long bytes = NEW_ENGINE_BYTES;
    private @Nullable Engine engine;

    private Seat(boolean standing) {
      this.standing = standing;
    }

    /** From now on the seat is taken for as long as the engine's process lives. */
    void take(Engine started) {
      lock.lock();
      try {
        engine = started;
      } finally {
        lock.unlock();
      }
      var _ = started.ended().thenRun(this::close);
    }

    @Override
    public void close() {
      lock.lock();
      try {
        if (seats.remove(this)) {
          change();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Says how room is made.
   *
   * @param stopsOne stops an engine that nobody uses and returns when it has ended; false if there
   *     is none
   */
  void evictBy(BooleanSupplier stopsOne) {
    lock.lock();
    try {
      eviction = stopsOne;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A seat for an engine that must run whatever the others take, and that nobody stops for them.
   */
  Seat takeStanding() {
    lock.lock();
    try {
      return newSeat(true);
    } finally {
      lock.unlock();
    }
  }

  /** A seat if one is free and nobody waits for it. */
  Optional<Seat> tryTake() {
    lock.lock();
    try {
      return queue.isEmpty() && fits() ? Optional.of(newSeat(false)) : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for a seat; throws {@link BranchException} if it is not its turn in time. */
  Seat take() {
    long deadline = System.nanoTime() + turnTimeout.toNanos();
    Condition called = lock.newCondition();
    lock.lock();
    try {
      queue.addLast(called);
      while (!called.equals(queue.peekFirst()) || !fits()) {
        long seen = changes;
        boolean madeRoom = isForemost(called) && !fits() && evict();
        if (!madeRoom && changes == seen) {
          await(called, deadline);
        }
      }
      return newSeat(false);
    } finally {
      queue.remove(called);
      change();
      lock.unlock();
    }
  }

  private boolean isForemost(Condition called) {
    return queue.stream().limit(FOREMOST).anyMatch(called::equals);
  }

  /** With the lock held, which is let go of meanwhile. */
  private boolean evict() {
    BooleanSupplier chosen = eviction;
    lock.unlock();
    try {
      return chosen.getAsBoolean();
    } finally {
      lock.lock();
    }
  }

  @SuppressWarnings("WaitNotInLoop") // The caller loops.
  private void await(Condition called, long deadline) {
    boolean inTime;
    try {
      inTime = called.awaitNanos(deadline - System.nanoTime()) > 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Shutdown.refusal();
    }
    if (!inTime) {
      throw new BranchException(
          BranchFailure.ENGINE_TURN_TIMEOUT,
          "No engine could be started within %d seconds: the %d that are awake are in use, and take"
                  .formatted(turnTimeout.toSeconds(), seats.size())
              + " %d of %d MB".formatted(occupied() >> 20, memoryBytes >> 20),
          "Close connections to other branches, or raise engine_memory on the server.");
    }
  }

  /** One engine of a branch is always let start. */
  private boolean fits() {
    return seats.stream().allMatch(seat -> seat.standing)
        || occupied() + NEW_ENGINE_BYTES <= memoryBytes;
  }

  private Seat newSeat(boolean standing) {
    Seat seat = new Seat(standing);
    seats.add(seat);
    return seat;
  }

  private long occupied() {
    return seats.stream().mapToLong(seat -> seat.bytes).sum();
  }

  private void change() {
    changes++;
    Iterator<Condition> foremost = queue.iterator();
    for (int i = 0; i < FOREMOST && foremost.hasNext(); i++) {
      foremost.next().signal();
    }
  }

  /** To be called when an engine was stopped, so that its seat is free at once. */
  void left(Engine stopped) {
    for (Seat seat : taken()) {
      if (seat.engine == stopped) {
        seat.close();
      }
    }
  }

  /** To be called when an engine has become idle. */
  void stir() {
    lock.lock();
    try {
      if (!queue.isEmpty()) {
        change();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Looks at what the engines really occupy, if that did not take too long the last time; stops
   * idle ones if it is too much. Blocks.
   */
  void measure() {
    long begun = System.nanoTime();
    if (begun - measureAfterNanos >= 0) {
      readMemory();
      long now = System.nanoTime();
      measureAfterNanos = now + Math.min((now - begun) * MEASURING_PAUSE, LONGEST_PAUSE_NANOS);
    }
    stir();
    while (occupiedBytes() > memoryBytes && eviction.getAsBoolean()) {
      // The next one.
    }
  }

  private void readMemory() {
    for (Seat seat : taken()) {
      Engine engine = seat.engine;
      if (engine != null) {
        long bytes = Math.max(EngineMemory.bytes(engine.pid()), LEAST_ENGINE_BYTES);
        lock.lock();
        try {
          seat.bytes = bytes;
        } finally {
          lock.unlock();
        }
      }
    }
  }

  private List<Seat> taken() {
    lock.lock();
    try {
      return List.copyOf(seats);
    } finally {
      lock.unlock();
    }
  }

  long occupiedBytes() {
    lock.lock();
    try {
      return occupied();
    } finally {
      lock.unlock();
    }
  }

  long memoryBytes() {
    return memoryBytes;
  }

  int waiting() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }
}
