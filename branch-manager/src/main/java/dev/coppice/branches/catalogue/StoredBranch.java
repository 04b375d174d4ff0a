package dev.coppice.branches.catalogue;

import dev.coppice.branches.Access;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.Durability;
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
 * @param unsyncedBoot the kernel's boot id under which a relaxed branch was last awake; empty once
 *     all of it is on disk
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
    OptionalLong quotaBytes,
    Durability durability,
    Optional<String> unsyncedBoot) {

  public StoredBranch {
    lineage = List.copyOf(lineage);
  }

  /** The same branch, awake under a boot id or durable. */
  public StoredBranch unsyncedIn(Optional<String> boot) {
    return new StoredBranch(
        id,
        name,
        store,
        source,
        snapshot,
        lineage,
        access,
        role,
        credentials,
        createdAt,
        expiresAt,
        quotaBytes,
        durability,
        boot);
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
        quotaBytes,
        durability,
        Optional.empty());
  }
}
