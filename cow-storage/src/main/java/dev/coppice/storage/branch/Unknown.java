package dev.coppice.storage.branch;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;

/** What is said of an id that means nothing here. */
final class Unknown {

  private Unknown() {}

  static StorageException branch(BranchId id) {
    return new StorageException(
        StorageFailure.BRANCH_UNKNOWN,
        "the store has no branch " + id,
        "It may have been deleted; list the branches.");
  }

  static StorageException snapshot(SnapshotId id) {
    return new StorageException(
        StorageFailure.SNAPSHOT_UNKNOWN,
        "the store has no snapshot " + id,
        "It may have been deleted; list the snapshots.");
  }
}
