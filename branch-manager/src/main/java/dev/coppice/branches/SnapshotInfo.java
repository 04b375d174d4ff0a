package dev.coppice.branches;

import java.time.Instant;

/**
 * @param name unique among the snapshots of its owner
 * @param of the source or branch that it is a state of
 * @param branches how many branches were forked from it and still exist
 */
public record SnapshotInfo(String name, BranchName of, Instant takenAt, long branches) {}
