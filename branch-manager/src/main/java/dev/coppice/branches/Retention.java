package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSource;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes snapshots of sources that are older than the configuration keeps them. The newest of a
 * source stays, what branches were forked from stays, and so does what somebody gave a name.
 */
final class Retention {

  private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

  private final Ground ground;

  Retention(Ground ground) {
    this.ground = ground;
  }

  void run() {
    Optional<Duration> kept = ground.config().snapshotRetention();
    if (kept.isEmpty()) {
      return;
    }
    Instant limit = ground.clock().instant().minus(kept.get());
    for (StoredSource source : ground.register().sources()) {
      due(
              ground.register().snapshotsOf(source.id()),
              snapshot -> ground.register().children(snapshot.id()) > 0,
              limit)
          .forEach(this::delete);
    }
  }

  /**
   * @param snapshots of one source, oldest first
   */
  static List<StoredSnapshot> due(
      List<StoredSnapshot> snapshots, Predicate<StoredSnapshot> stoodOn, Instant limit) {
    return snapshots.stream()
        .limit(Math.max(0, snapshots.size() - 1))
        .filter(snapshot -> snapshot.takenAt().isBefore(limit))
        .filter(snapshot -> Names.isFresh(snapshot.name()))
        .filter(stoodOn.negate())
        .toList();
  }

  private void delete(StoredSnapshot snapshot) {
    try {
      ground.delete(snapshot);
      LOG.info("Snapshot {} of {} has passed its time", snapshot.name(), snapshot.ownerName());
    } catch (BranchException e) {
      // A branch was forked from it just now.
      LOG.debug("Snapshot {} of {} stays", snapshot.name(), snapshot.ownerName(), e);
    }
  }
}
