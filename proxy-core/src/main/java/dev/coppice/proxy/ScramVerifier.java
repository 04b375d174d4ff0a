package dev.coppice.proxy;

import dev.coppice.proxy.scram.ScramSecret;
import java.util.Objects;

/**
 * What a server keeps of a SCRAM-SHA-256 password (RFC 5802, RFC 7677): enough to check a client,
 * not enough to be one. The text form is Postgres's own, {@code
 * SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey}.
 */
public record ScramVerifier(String encoded) {

  public ScramVerifier {
    Objects.requireNonNull(encoded, "encoded");
  }

  /** Derives a verifier with a fresh random salt; takes some milliseconds of CPU. */
  public static ScramVerifier of(String password) {
    return new ScramVerifier(ScramSecret.derive(password).encoded());
  }

  @Override
  public String toString() {
    return "ScramVerifier[…]";
  }
}
