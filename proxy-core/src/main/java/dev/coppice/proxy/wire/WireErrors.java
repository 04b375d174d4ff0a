package dev.coppice.proxy.wire;

import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;

/** Refusals of clients that break the protocol. */
public final class WireErrors {

  private WireErrors() {}

  public static RefusedException violation(String message) {
    return new RefusedException(
        new Refusal(
            "protocol_violation",
            "08P01",
            message,
            "Connect with a PostgreSQL client or driver that speaks protocol version 3."));
  }
}
