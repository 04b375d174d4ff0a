package dev.coppice.storage;

/**
 * What a branch occupies.
 *
 * @param ownBytes bytes on disk that would be freed if the branch were deleted
 * @param logicalBytes the sum of its files' sizes, shared pages included
 */
public record BranchSpace(long ownBytes, long logicalBytes) {}
