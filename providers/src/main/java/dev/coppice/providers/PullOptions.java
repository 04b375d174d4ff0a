package dev.coppice.providers;

/**
 * @param connections how many connections the copy may hold on the source at once
 */
public record PullOptions(int connections) {

  public PullOptions {
    if (connections < 1 || connections > 64) {
      throw new IllegalArgumentException("connections must be 1 to 64, not " + connections);
    }
  }

  public static PullOptions standard() {
    return new PullOptions(Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8));
  }
}
