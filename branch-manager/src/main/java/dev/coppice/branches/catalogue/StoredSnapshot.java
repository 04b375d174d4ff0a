package dev.coppice.branches.catalogue;

import dev.coppice.storage.SnapshotId;
import java.time.Instant;
import java.util.UUID;

/**
 * A snapshot as the catalogue keeps it.
 *
 * @param owner the source or branch that it is a state of
 * @param kept whether it stays when no branch needs it
 */
public record StoredSnapshot(
    SnapshotId id,
    UUID owner,
    String ownerName,
    String name,
    UUID source,
    Instant takenAt,
    boolean kept) {}
