package dev.coppice.branches;

import java.time.Instant;
import java.util.Optional;

/**
 * @param name unique among the snapshots of its owner
 * @param of the source or branch that it is a state of
 * @param sourceLsn for a source, the position that it holds everything up to
 * @param sourceTime for a source, the time whose data it holds
 * @param branches how many branches were forked from it and still exist
 */
public record SnapshotInfo(
    String name,
    BranchName of,
    Instant takenAt,
    Optional<String> sourceLsn,
    Optional<Instant> sourceTime,
    long branches) {

  /** Of a branch. */
  public SnapshotInfo(String name, BranchName of, Instant takenAt, long branches) {
    this(name, of, takenAt, Optional.empty(), Optional.empty(), branches);
  }
}
