package dev.coppice.server.rest;

import dev.coppice.branches.SnapshotInfo;
import java.time.Instant;
import java.util.Optional;

/** A snapshot as the interfaces show it. */
record SnapshotView(
    String name,
    String of,
    Instant takenAt,
    Optional<String> sourceLsn,
    Optional<Instant> sourceTime,
    long branches) {

  static SnapshotView of(SnapshotInfo snapshot) {
    return new SnapshotView(
        snapshot.name(),
        snapshot.of().value(),
        snapshot.takenAt(),
        snapshot.sourceLsn(),
        snapshot.sourceTime(),
        snapshot.branches());
  }
}
