package dev.coppice.storage;

/**
 * A range of a file of a log.
 *
 * @param file relative to the log's directory
 */
public record LogPart(String file, long offset, long bytes) {}
