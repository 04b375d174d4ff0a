package dev.coppice.benchmarks;

import java.net.URI;

/** Turns a connection string into the form that PgJDBC takes. */
final class JdbcUrl {

  private JdbcUrl() {}

  /** User and password are already percent-encoded in the connection string, and stay so. */
  static String of(String connectionString) {
    URI uri = URI.create(connectionString);
    String[] login = uri.getRawUserInfo().split(":", 2);
    return "jdbc:postgresql://%s:%d%s?user=%s&password=%s%s"
        .formatted(
            uri.getHost(),
            uri.getPort(),
            uri.getRawPath(),
            login[0],
            login[1],
            uri.getRawQuery() == null ? "" : "&" + uri.getRawQuery());
  }
}
