package dev.coppice.providers;

import java.util.Optional;

/**
 * @param connections how many connections the copy may hold on the source at once
 * @param stubTypes whether types that only an extension's library can read may become plain text
 *     where the engine lacks that extension
 * @param follow what following is to be called there, if the base is to be kept in step
 */
public record PullOptions(int connections, boolean stubTypes, Optional<FollowWish> follow) {

  public PullOptions {
    if (connections < 1 || connections > 64) {
      throw new IllegalArgumentException("connections must be 1 to 64, not " + connections);
    }
  }

  /** Pulls once. */
  public PullOptions(int connections) {
    this(connections, false, Optional.empty());
  }

  public static PullOptions standard() {
    return new PullOptions(Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8));
  }

  public PullOptions withStubTypes(boolean allowed) {
    return new PullOptions(connections, allowed, follow);
  }

  public PullOptions following(FollowWish wish) {
    return new PullOptions(connections, stubTypes, Optional.of(wish));
  }
}
