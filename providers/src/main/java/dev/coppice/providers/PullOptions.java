package dev.coppice.providers;

/**
 * @param connections how many connections the copy may hold on the source at once
 * @param stubTypes whether types that only an extension's library can read may become plain text
 *     where the engine lacks that extension
 */
public record PullOptions(int connections, boolean stubTypes) {

  public PullOptions {
    if (connections < 1 || connections > 64) {
      throw new IllegalArgumentException("connections must be 1 to 64, not " + connections);
    }
  }

  public PullOptions(int connections) {
    this(connections, false);
  }

  public static PullOptions standard() {
    return new PullOptions(Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8));
  }

  public PullOptions withStubTypes(boolean allowed) {
    return new PullOptions(connections, allowed);
  }
}
