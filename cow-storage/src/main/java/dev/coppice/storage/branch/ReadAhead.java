package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.tree.PageMap;

/**
 * Tells the disk what a reader who goes through a file will come to next. The kernel reads ahead of
 * it in the mount, but what it asks for lies in pieces in the files of several layers, and each of
 * those looks like random reading. Any thread may use it; who loses a race tells the disk twice.
 */
final class ReadAhead {

  /** The kernel asks for as much at once only on behalf of such a reader. */
  private static final int LEAST_READ_BYTES = 128 << 10;

  /** Enough to keep a disk busy that needs a few requests at a time for that. */
  private static final long AHEAD_BYTES = 8 << 20;

  /** The disk is told of so much at a time, so that many runs have become known. */
  private static final long STEP_BYTES = 1 << 20;

  /** Up to where the disk has been told. */
  private volatile long toldEnd;

  /**
   * To be called before a range is read; whether the disk knows of it now.
   *
   * @param size of the file, which the range does not exceed
   */
  boolean announce(PageMap<Delta> map, long offset, int bytes, long size) {
    if (bytes < LEAST_READ_BYTES) {
      return false;
    }
    long told = toldEnd;
    long readEnd = offset + bytes;
    boolean goesOn = offset <= told && told <= readEnd + AHEAD_BYTES;
    long from = goesOn ? told : offset;
    // Somebody new may want this range and no more.
    long end = Math.min(size, goesOn ? readEnd + AHEAD_BYTES : readEnd);
    if (from < readEnd || end - from >= STEP_BYTES || (end == size && from < end)) {
      toldEnd = end;
      Runs.tell(map, from, end);
    }
    if (readEnd == size) {
      toldEnd = 0;
    }
    return true;
  }
}
