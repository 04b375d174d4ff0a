package dev.coppice.providers;

/**
 * A source's connection string, as libpq understands it ({@code
 * postgres://user:password@host:port/database?sslmode=…}). Its text form hides the password; user
 * names are opaque and never taken apart.
 */
public record SourceAddress(String url) {

  /** Checks the form and throws {@link SourceException} with {@code URL_INVALID}. */
  @SuppressWarnings("DoNotCallSuggester")
  public static SourceAddress parse(String url) {
    throw new UnsupportedOperationException();
  }
}
