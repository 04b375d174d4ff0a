package dev.coppice.branches;

import dev.coppice.branches.catalogue.Catalogue;
import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.Installations;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.SnapshotId;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What everything in here stands on.
 *
 * @param workers runs blocking work, each piece on a virtual thread
 */
record Ground(
    ManagerConfig config,
    PageStore store,
    EngineHost host,
    Installations installations,
    Catalogue catalogue,
    Register register,
    Passwords passwords,
    Metrics metrics,
    ExecutorService workers,
    InstantSource clock) {

  private static final Logger LOG = LoggerFactory.getLogger(Ground.class);

  /**
   * Deletes what the catalogue does not name any more. If that fails, the next start does it, so
   * the operation that made it superfluous has succeeded all the same.
   */
  void discard(Collection<SnapshotId> snapshots) {
    for (SnapshotId snapshot : snapshots) {
      leniently("snapshot " + snapshot, () -> store.delete(snapshot));
    }
  }

  /** Throws a {@link BranchException} if a branch was forked from it. */
  void delete(StoredSnapshot snapshot) {
    catalogue.delete(snapshot.id());
    register.remove(List.of(snapshot.id()));
    discard(List.of(snapshot.id()));
  }

  void discard(dev.coppice.storage.BranchId branch) {
    leniently("store branch " + branch, () -> store.delete(branch));
  }

  static void leniently(String what, Runnable deletion) {
    try {
      deletion.run();
    } catch (RuntimeException e) {
      LOG.warn("Could not delete {}; the next start will", what, e);
    }
  }
}
