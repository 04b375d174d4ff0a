package dev.coppice.storage;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a store lives and how it is mounted.
 *
 * @param directory the layers, on any file system that supports sparse files
 * @param mountPoint where the branches appear; created if absent
 * @param ownerUid the user whom all files of the mount belong to
 * @param ownerGid the group whom all files of the mount belong to
 * @param log what {@link PageStore#detachLog} detaches; empty if branches have none
 */
public record StoreConfig(
    Path directory, Path mountPoint, int ownerUid, int ownerGid, Optional<LogDirectory> log) {

  /** Of a store whose branches have no log to be detached. */
  public StoreConfig(Path directory, Path mountPoint, int ownerUid, int ownerGid) {
    this(directory, mountPoint, ownerUid, ownerGid, Optional.empty());
  }

  /** The same with other places. */
  public StoreConfig at(Path newDirectory, Path newMountPoint) {
    return new StoreConfig(newDirectory, newMountPoint, ownerUid, ownerGid, log);
  }
}
