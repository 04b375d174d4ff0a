package dev.coppice.branches;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * @param from a source or a branch; absent means the only source there is
 * @param at a snapshot's name or an ISO-8601 time; absent means the source's newest snapshot, or
 *     the branch's state at this moment
 * @param ttl after which it deletes itself
 * @param fresh whether the source is asked first how far it is, and the base brought there
 * @param quotaBytes what it may hold of its own; absent means as much as the disk has
 */
public record CreateBranch(
    BranchName name,
    Optional<BranchName> from,
    Optional<String> at,
    Optional<Duration> ttl,
    Access access,
    OptionalLong quotaBytes,
    Durability durability,
    boolean fresh) {

  /** From what there is. */
  public CreateBranch(
      BranchName name,
      Optional<BranchName> from,
      Optional<String> at,
      Optional<Duration> ttl,
      Access access,
      OptionalLong quotaBytes,
      Durability durability) {
    this(name, from, at, ttl, access, quotaBytes, durability, false);
  }
}
