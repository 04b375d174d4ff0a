package dev.coppice.storage;

/** The operating failures of the store, as opposed to bugs and corruption. */
public enum StorageFailure {
  FUSE_UNAVAILABLE,
  MOUNT_FAILED,
  STORE_IN_USE,
  STORE_TOO_OLD,
  STORE_TOO_NEW,
  DISK_FULL,
  IO_ERROR,
  BRANCH_UNKNOWN,
  SNAPSHOT_UNKNOWN
}
