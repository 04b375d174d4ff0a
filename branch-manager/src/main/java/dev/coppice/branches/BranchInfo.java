package dev.coppice.branches;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A branch as it is now.
 *
 * @param source the source whose data it descends from
 * @param lineage its ancestors, the nearest first, ending with the source
 * @param snapshot the snapshot it was forked from
 * @param role the role that its connection string names
 * @param ownBytes what deleting it would free
 * @param quotaBytes what {@code ownBytes} may not exceed, if anything
 * @param expiresAt when it deletes itself, if ever
 */
public record BranchInfo(
    BranchName name,
    BranchName source,
    List<BranchName> lineage,
    String snapshot,
    State state,
    Access access,
    String role,
    String database,
    int engineMajor,
    long ownBytes,
    OptionalLong quotaBytes,
    Durability durability,
    Instant createdAt,
    Optional<Instant> expiresAt) {

  public BranchInfo {
    lineage = List.copyOf(lineage);
  }

  /** Whether an engine runs for the branch. */
  public enum State {
    RUNNING,
    SUSPENDED
  }
}
