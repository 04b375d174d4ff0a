package dev.coppice.storage.branch;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.StorageException;
import org.jspecify.annotations.Nullable;

/** What a new branch gets of its parent's log, if that is detached. Used once, by one thread. */
final class CarriedLog {

  private final DetachedLogs logs;
  private @Nullable LogCopy copied;
  private @Nullable StorageException failure;

  CarriedLog(DetachedLogs logs) {
    this.logs = logs;
  }

  /** Keeps a failure for {@link #sync}: the fork that it is a part of has happened. */
  void copy(BranchId parent, Branch child) {
    try {
      copied = logs.carry(parent, child).orElse(null);
    } catch (StorageException e) {
      failure = e;
    }
  }

  /** Makes the copy durable, or tells that there is none to be relied on. */
  void sync() {
    if (failure != null) {
      throw failure;
    }
    if (copied != null) {
      copied.sync();
    }
  }
}
