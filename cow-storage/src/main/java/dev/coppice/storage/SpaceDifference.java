package dev.coppice.storage;

/**
 * One thing in which books and disk differ.
 *
 * @param file from the store's directory on
 * @param what the difference in words
 */
public record SpaceDifference(String file, Kind kind, long bytes, String what) {

  /** What a difference is. */
  public enum Kind {
    /** A file that nothing in the books leads to. */
    ORPHAN,
    /** Blocks where the books expect a hole. */
    LEAK,
    /** Pages or records that the books tell of and the disk does not have. */
    MISSING
  }
}
