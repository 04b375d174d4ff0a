package dev.coppice.storage;

import java.nio.file.Path;

/**
 * Where a store lives and how it is mounted.
 *
 * @param directory the layers, on any file system that supports sparse files
 * @param mountPoint where the branches appear; created if absent
 * @param ownerUid the user whom all files of the mount belong to
 * @param ownerGid the group whom all files of the mount belong to
 */
public record StoreConfig(Path directory, Path mountPoint, int ownerUid, int ownerGid) {}
