package dev.coppice.storage;

/**
 * What was deleted and is being removed from the disk in the background.
 *
 * @param layers layers whose files are not all removed
 * @param files files that are left of those whose removal has begun
 * @param bytes what these files take on disk
 */
public record PendingDeletion(long layers, long files, long bytes) {}
