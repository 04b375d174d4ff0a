package dev.coppice.branches.catalogue;

import dev.coppice.storage.SnapshotId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A snapshot as the catalogue keeps it.
 *
 * @param owner the source or branch that it is a state of
 * @param kept whether it stays when no branch needs it
 * @param stand what it is a state of, if it is a source's
 */
public record StoredSnapshot(
    SnapshotId id,
    UUID owner,
    String ownerName,
    String name,
    UUID source,
    Instant takenAt,
    boolean kept,
    Optional<Stand> stand) {

  /**
   * @param lsn the source's position that it holds everything up to
   * @param time the source's clock at which that was its newest state
   */
  public record Stand(String lsn, Instant time) {}

  /** Of a branch. */
  public StoredSnapshot(
      SnapshotId id,
      UUID owner,
      String ownerName,
      String name,
      UUID source,
      Instant takenAt,
      boolean kept) {
    this(id, owner, ownerName, name, source, takenAt, kept, Optional.empty());
  }

  /** The time whose data it holds. */
  public Instant standsFor() {
    return stand.map(Stand::time).orElse(takenAt);
  }
}
