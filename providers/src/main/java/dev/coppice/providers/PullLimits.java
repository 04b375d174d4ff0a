package dev.coppice.providers;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a pull may ask of the source.
 *
 * @param connections how many the copy of the rows may hold at once; one more holds the snapshot
 * @param bytesPerSecond of rows and large objects, over all connections; as fast as can be if
 *     absent
 * @param snapshotAge after which the pull gives up, since a snapshot keeps the source's vacuum from
 *     cleaning up; never if absent
 * @param replicaOnly whether a server that is no standby is refused
 */
public record PullLimits(
    int connections,
    OptionalLong bytesPerSecond,
    Optional<Duration> snapshotAge,
    boolean replicaOnly) {

  public static final int MOST_CONNECTIONS = 64;
  public static final Duration USUAL_SNAPSHOT_AGE = Duration.ofDays(1);

  public PullLimits {
    if (connections < 1 || connections > MOST_CONNECTIONS) {
      throw new IllegalArgumentException(
          "connections must be 1 to " + MOST_CONNECTIONS + ", not " + connections);
    }
    if (bytesPerSecond.isPresent() && bytesPerSecond.getAsLong() < 1) {
      throw new IllegalArgumentException("bytesPerSecond must be positive");
    }
    if (snapshotAge.isPresent() && !snapshotAge.get().isPositive()) {
      throw new IllegalArgumentException("snapshotAge must be positive");
    }
  }

  /** As many connections as this machine has processors, from 2 to 8, and a day. */
  public static PullLimits standard() {
    return connections(Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 8));
  }

  public static PullLimits connections(int connections) {
    return new PullLimits(
        connections, OptionalLong.empty(), Optional.of(USUAL_SNAPSHOT_AGE), false);
  }
}
