package dev.coppice.server.rest;

import dev.coppice.branches.BranchInfo;
import dev.coppice.branches.BranchName;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** A branch as the interfaces show it. */
record BranchView(
    String name,
    String source,
    List<String> lineage,
    String snapshot,
    String state,
    String access,
    String role,
    String database,
    int engineMajor,
    long ownBytes,
    OptionalLong quotaBytes,
    String durability,
    Instant createdAt,
    Optional<Instant> expiresAt,
    String url) {

  static BranchView of(BranchInfo branch, String url) {
    return new BranchView(
        branch.name().value(),
        branch.source().value(),
        branch.lineage().stream().map(BranchName::value).toList(),
        branch.snapshot(),
        branch.state().name().toLowerCase(Locale.ROOT),
        branch.access().name().toLowerCase(Locale.ROOT),
        branch.role(),
        branch.database(),
        branch.engineMajor(),
        branch.ownBytes(),
        branch.quotaBytes(),
        branch.durability().name().toLowerCase(Locale.ROOT),
        branch.createdAt(),
        branch.expiresAt(),
        url);
  }
}
