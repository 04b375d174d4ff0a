package dev.coppice.proxy.session;

import dev.coppice.proxy.IdleLimits;
import dev.coppice.proxy.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Ends a session whose client does nothing for too long. A session is idle, as for Postgres, from a
 * ReadyForQuery on until the client says something. Confined to the connection's event loop.
 */
final class Idleness {

  private static final Refusal SESSION =
      new Refusal(
          "session_idle",
          "57P05",
          "terminating connection due to idle-session timeout",
          "The server closes idle sessions (limits.session_idle); connect again.");

  private static final Refusal TRANSACTION =
      new Refusal(
          "transaction_idle",
          "25P03",
          "terminating connection due to idle-in-transaction timeout",
          "The server ends idle transactions (limits.transaction_idle); connect again.");

  private final IdleLimits limits;
  private final EventLoop loop;
  private final Consumer<Refusal> ending;
  private final MessageHeaders client = new MessageHeaders(this::asked);
  private final MessageHeaders engine = new MessageHeaders(this::answered);

  /** How many ReadyForQuery are due. */
  private int awaited;

  /** Whether the client has said something since its last Query or Sync. */
  private boolean midway;

  private boolean inTransaction;
  private long sinceNanos = System.nanoTime();
  private boolean watched;
  private boolean over;

  Idleness(IdleLimits limits, EventLoop loop, Consumer<Refusal> ending) {
    this.limits = limits;
    this.loop = loop;
    this.ending = ending;
  }

  /** The session has begun, or has become idle. */
  void begin() {
    sinceNanos = System.nanoTime();
    if (!watched && limitNanos() > 0) {
      watch(limitNanos());
    }
  }

  void client(ByteBuf bytes) {
    client.pass(bytes);
  }

  void engine(ByteBuf bytes) {
    engine.pass(bytes);
  }

  void end() {
    over = true;
  }

  private void asked(char type, int first) {
    switch (type) {
      case 'Q', 'S', 'F' -> {
        awaited++;
        midway = false;
      }
      case 'd', 'c', 'f' -> {}
      default -> midway = true;
    }
  }

  private void answered(char type, int first) {
    if (type == 'Z') {
      awaited--;
      inTransaction = first != 'I';
      if (isIdle()) {
        begin();
      }
    }
  }

  private boolean isIdle() {
    return awaited <= 0 && !midway && client.isBetweenMessages();
  }

  private long limitNanos() {
    return (inTransaction ? limits.transaction() : limits.session()).toNanos();
  }

  private void watch(long nanos) {
    watched = true;
    var _ = loop.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
  }

  private void look() {
    watched = false;
    if (over || !isIdle() || limitNanos() == 0) {
      return;
    }
    long left = sinceNanos + limitNanos() - System.nanoTime();
    if (left > 0) {
      watch(left);
    } else {
      over = true;
      ending.accept(inTransaction ? TRANSACTION : SESSION);
    }
  }
}
