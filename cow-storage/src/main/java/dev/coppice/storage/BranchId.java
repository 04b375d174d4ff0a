package dev.coppice.storage;

import java.util.UUID;

/**
 * Names a writable tree of files in the store: a base, a branch, or one kept in reserve. The store
 * knows nothing of what it is used for. The text form is also the name of its directory in the
 * mount.
 */
public record BranchId(UUID value) implements StateId {

  public static BranchId parse(String text) {
    return new BranchId(UUID.fromString(text));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
