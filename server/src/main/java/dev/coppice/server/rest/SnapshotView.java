package dev.coppice.server.rest;

import dev.coppice.branches.SnapshotInfo;
import java.time.Instant;

/** A snapshot as the interfaces show it. */
record SnapshotView(String name, String of, Instant takenAt, long branches) {

  static SnapshotView of(SnapshotInfo snapshot) {
    return new SnapshotView(
        snapshot.name(), snapshot.of().value(), snapshot.takenAt(), snapshot.branches());
  }
}
