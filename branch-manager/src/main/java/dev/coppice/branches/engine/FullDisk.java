package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import java.nio.file.Path;

/** Tells a failure for want of space from others. */
final class FullDisk {

  private static final String ENGINES_WORDS = "No space left on device";

  /** With less than this an engine does not even get its log written. */
  private static final long LITTLE_BYTES = 1024 * 1024;

  private FullDisk() {}

  /**
   * @param words of the program that failed, perhaps cut short because the disk is full
   */
  static boolean explains(String words, Path... places) {
    return words.contains(ENGINES_WORDS) || now(places);
  }

  /** Whether the file system of one of these has no room left. */
  static boolean now(Path... places) {
    for (Path place : places) {
      // A place that cannot be asked has no space in total either.
      if (place.toFile().getTotalSpace() > 0 && place.toFile().getUsableSpace() < LITTLE_BYTES) {
        return true;
      }
    }
    return false;
  }

  static BranchException failure(String what) {
    return new BranchException(
        BranchFailure.DISK_FULL,
        what + ": the disk is full",
        "Free space below the data directory, for example by deleting branches, or give the"
            + " branch a larger quota if it has one, and try again; what was committed is kept.");
  }
}
