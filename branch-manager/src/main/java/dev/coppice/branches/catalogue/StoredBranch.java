package dev.coppice.branches.catalogue;

import dev.coppice.branches.Access;
import dev.coppice.branches.BranchName;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.SnapshotId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A branch as the catalogue keeps it.
 *
 * @param id stays the same when a reset replaces {@code store}
 * @param store its files
 * @param lineage its ancestors, the nearest first, ending with the source
 * @param quotaBytes what it may hold of its own
 */
public record StoredBranch(
    UUID id,
    BranchName name,
    BranchId store,
    UUID source,
    SnapshotId snapshot,
    List<BranchName> lineage,
    Access access,
    String role,
    Credentials credentials,
    Instant createdAt,
    Optional<Instant> expiresAt,
    OptionalLong quotaBytes) {

  public StoredBranch {
    lineage = List.copyOf(lineage);
  }

  /** The same branch with other contents. */
  public StoredBranch resetTo(BranchId newStore, SnapshotId newSnapshot) {
    return new StoredBranch(
        id,
        name,
        newStore,
        source,
        newSnapshot,
        lineage,
        access,
        role,
        credentials,
        createdAt,
        expiresAt,
        quotaBytes);
  }
}
