package dev.coppice.proxy;

import java.time.Duration;

/** How long a session may do nothing, and how long within a transaction; zero for ever. */
public record IdleLimits(Duration session, Duration transaction) {

  public static final IdleLimits NONE = new IdleLimits(Duration.ZERO, Duration.ZERO);

  public boolean isNone() {
    return session.isZero() && transaction.isZero();
  }
}
