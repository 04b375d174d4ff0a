package dev.coppice.providers;

import java.util.Map;

/**
 * A source's connection string, as libpq understands it ({@code
 * postgres://user:password@host:port/database?sslmode=…}). Its text form hides the password; user
 * names are opaque and never taken apart.
 */
public record SourceAddress(String url) {

  public SourceAddress {
    ConnectionUrl.parse(url);
  }

  /** Checks the form and throws {@link SourceException} with {@code URL_INVALID}. */
  public static SourceAddress parse(String url) {
    return new SourceAddress(url.strip());
  }

  public String host() {
    return parts().host();
  }

  public int port() {
    return parts().port();
  }

  public String user() {
    return parts().user();
  }

  public String database() {
    return parts().database();
  }

  /**
   * The variables with which a client program of Postgres reaches this source; the password is
   * among them, so that no command line ever holds it.
   */
  public Map<String, String> environment() {
    return parts().environment();
  }

  ConnectionUrl parts() {
    return ConnectionUrl.parse(url);
  }

  @Override
  public String toString() {
    return parts().toString();
  }
}
