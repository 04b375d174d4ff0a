package dev.coppice.providers.profile;

/**
 * What stands behind an address.
 *
 * @param reason why it does not serve for everything; empty for a direct one
 * @param remedy which address to use instead
 */
public record Endpoint(Kind kind, String reason, String remedy) {

  public enum Kind {
    /** One server of Postgres. */
    DIRECT,
    /** A pooler that keeps sessions apart: good for a pull, not for following. */
    PULL_ONLY,
    /** Nothing that a snapshot can be held through. */
    REFUSED
  }

  static Endpoint direct() {
    return new Endpoint(Kind.DIRECT, "", "");
  }

  static Endpoint pullOnly(String reason, String remedy) {
    return new Endpoint(Kind.PULL_ONLY, reason, remedy);
  }

  static Endpoint refused(String reason, String remedy) {
    return new Endpoint(Kind.REFUSED, reason, remedy);
  }
}
