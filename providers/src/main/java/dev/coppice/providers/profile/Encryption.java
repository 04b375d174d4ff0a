package dev.coppice.providers.profile;

import java.util.List;

/**
 * How a host's connections are encrypted where the URL does not say.
 *
 * @param rootCertificates where its authorities' certificates may lie, {@code system} for those
 *     that the machine trusts; the first that exists is used
 * @param remedy how to come by them, and what to add to the URL
 */
public record Encryption(Level level, List<String> rootCertificates, String remedy) {

  public enum Level {
    /** As libpq: encrypted if the server can. */
    OFFERED,
    /** Never in the clear. */
    REQUIRED,
    /** Never in the clear, and only with a server that proves its name. */
    VERIFIED
  }

  /** The certificates that the machine's own programs trust. */
  public static final String SYSTEM = "system";

  public Encryption {
    rootCertificates = List.copyOf(rootCertificates);
  }

  static Encryption offered() {
    return new Encryption(
        Level.OFFERED,
        List.of(),
        "Enable TLS on the source and add sslmode=verify-full to the URL.");
  }

  static Encryption required(String remedy) {
    return new Encryption(Level.REQUIRED, List.of(), remedy);
  }

  /** By the authorities that the machine trusts. */
  static Encryption verifiedBySystem(String remedy) {
    return verified(List.of(SYSTEM), remedy);
  }

  static Encryption verified(List<String> rootCertificates, String remedy) {
    return new Encryption(Level.VERIFIED, rootCertificates, remedy);
  }
}
