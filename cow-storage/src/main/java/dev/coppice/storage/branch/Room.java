package dev.coppice.storage.branch;

/** What a branch with a quota has. */
public record Room(long quotaBytes, long leftBytes) {}
