package dev.coppice.storage;

/** Names a state of a file tree: a branch as it is at the moment of asking, or a snapshot. */
public sealed interface StateId permits BranchId, SnapshotId {}
