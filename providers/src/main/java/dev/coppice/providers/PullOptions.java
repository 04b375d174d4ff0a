package dev.coppice.providers;

import java.util.Optional;

/**
 * @param stubTypes whether types that only an extension's library can read may become plain text
 *     where the engine lacks that extension
 * @param follow what following is to be called there, if the base is to be kept in step
 */
public record PullOptions(PullLimits limits, boolean stubTypes, Optional<FollowWish> follow) {

  /** Pulls once. */
  public PullOptions(int connections) {
    this(PullLimits.connections(connections), false, Optional.empty());
  }

  public static PullOptions standard() {
    return new PullOptions(PullLimits.standard(), false, Optional.empty());
  }

  public PullOptions withStubTypes(boolean allowed) {
    return new PullOptions(limits, allowed, follow);
  }

  public PullOptions within(PullLimits other) {
    return new PullOptions(other, stubTypes, follow);
  }

  public PullOptions following(FollowWish wish) {
    return new PullOptions(limits, stubTypes, Optional.of(wish));
  }

  int connections() {
    return limits.connections();
  }
}
