package dev.coppice.providers;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Lets so many bytes a second pass, over all threads. What was not used is not saved up. */
final class RateLimit {

  private static final long SECOND_NANOS = 1_000_000_000;

  interface Pause {
    void nanos(long nanos) throws InterruptedException;
  }

  private final OptionalLong bytesPerSecond;
  private final LongSupplier clock;
  private final Pause pause;

  /** Until when the bytes so far take; guarded by this. */
  private long taken;

  RateLimit(OptionalLong bytesPerSecond) {
    this(bytesPerSecond, System::nanoTime, TimeUnit.NANOSECONDS::sleep);
  }

  RateLimit(OptionalLong bytesPerSecond, LongSupplier clock, Pause pause) {
    this.bytesPerSecond = bytesPerSecond;
    this.clock = clock;
    this.pause = pause;
    this.taken = clock.getAsLong();
  }

  OptionalLong bytesPerSecond() {
    return bytesPerSecond;
  }

  /** Returns once so many bytes may have come. */
  void pass(long bytes) throws InterruptedException {
    if (bytesPerSecond.isPresent()) {
      pause.nanos(turn(bytes, bytesPerSecond.getAsLong()));
    }
  }

  private synchronized long turn(long bytes, long rate) {
    long now = clock.getAsLong();
    long whole = bytes / rate * SECOND_NANOS;
    long rest = (long) ((double) (bytes % rate) / rate * SECOND_NANOS);
    taken = now + Math.max(0, taken - now) + whole + rest;
    return taken - now;
  }
}
