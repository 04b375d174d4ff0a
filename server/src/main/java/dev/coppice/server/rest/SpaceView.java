package dev.coppice.server.rest;

import dev.coppice.storage.SpaceCheck;
import dev.coppice.storage.SpaceDifference;
import java.util.List;
import java.util.Locale;

/** What a comparison of the store's books with the disk found. */
record SpaceView(
    boolean agrees,
    long layers,
    long files,
    long heldBytes,
    long holeBytes,
    long recordBytes,
    long overheadBytes,
    long logBytes,
    long openBytes,
    long stagedBytes,
    long pendingBytes,
    long allocatedBytes,
    List<Difference> differences) {

  /** One file, and how it differs. */
  record Difference(String file, String kind, long bytes, String what) {
    static Difference of(SpaceDifference difference) {
      return new Difference(
          difference.file(),
          difference.kind().name().toLowerCase(Locale.ROOT),
          difference.bytes(),
          difference.what());
    }
  }

  static SpaceView of(SpaceCheck check) {
    return new SpaceView(
        check.agrees(),
        check.layers(),
        check.files(),
        check.heldBytes(),
        check.holeBytes(),
        check.recordBytes(),
        check.overheadBytes(),
        check.logBytes(),
        check.openBytes(),
        check.stagedBytes(),
        check.pendingBytes(),
        check.allocatedBytes(),
        check.differences().stream().map(Difference::of).toList());
  }
}
