package dev.coppice.storage;

import java.util.UUID;

/** Names an immutable state of the file tree that branches can be forked from. */
public record SnapshotId(UUID value) implements StateId {

  public static SnapshotId parse(String text) {
    return new SnapshotId(UUID.fromString(text));
  }

  @Override
  public String toString() {
    return value.toString();
  }
}
