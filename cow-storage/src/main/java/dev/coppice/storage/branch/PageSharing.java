package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.Page;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Gives a file the content of another one at the same place, for the cost of a record: both have
 * the pages of frozen layers then, and whichever is written to gets its own, as ever. Pages that
 * the top layer holds would change under the other file, so they are copied if they are few.
 */
final class PageSharing {

  /** What has been copied in a branch before its top layer is rather frozen: 256 KiB. */
  static final int MOST_COPIED_PAGES = 32;

  /** As much as is looked at with the files locked. */
  private static final long MOST_BYTES = 64L << 20;

  private final Layer top;
  private final LiveFile from;
  private final LiveFile to;
  private final long offset;
  private final long end;
  private final MemorySegment scratch;

  /**
   * @param scratch a page of the calling thread's own
   */
  PageSharing(
      Layer top, LiveFile from, LiveFile to, long offset, long bytes, MemorySegment scratch) {
    this.top = top;
    this.from = from;
    this.to = to;
    this.offset = offset;
    this.end = end(from, to, offset, bytes);
    this.scratch = scratch;
  }

  /** Whole pages, and the last one of a file that is not in the midst of the other one. */
  private static long end(LiveFile from, LiveFile to, long offset, long bytes) {
    long end = Math.min(offset + Math.min(bytes, MOST_BYTES), from.size());
    boolean whole = end == from.size() && end >= to.size();
    return whole ? end : end & ~Page.MASK;
  }

  /** Whether anything can be shared; if not, the bytes have to be copied. */
  boolean possible() {
    return !from.unlinked()
        && !to.unlinked()
        && from != to
        && (offset & Page.MASK) == 0
        && end > offset;
  }

  long end() {
    return end;
  }

  private static boolean isTops(LiveFile file, long page) {
    Delta owner = file.pages().owner(page);
    return owner != null && !owner.layer().frozen();
  }

  /** How many pages have to be copied. */
  int pagesToCopy() {
    return from.heldIn(top) == null ? 0 : countTops(from);
  }

  /** Whether the top layer's delta keeps pages that nobody reads any more. */
  boolean replacesTops() {
    return to.heldIn(top) != null && countTops(to) > 0;
  }

  private int countTops(LiveFile file) {
    int count = 0;
    for (long page = offset >> Page.SHIFT; page < Page.count(end); page++) {
      count += isTops(file, page) ? 1 : 0;
    }
    return count;
  }

  /**
   * Returns the bytes that the files have in common now, or a negated errno if there are none. The
   * caller holds the names and both files.
   */
  int run() {
    int result = Math.min(from.cleanEnd(), to.cleanEnd());
    long endPage = Page.count(end);
    long page = offset >> Page.SHIFT;
    while (result == 0 && page < endPage) {
      boolean tops = isTops(from, page);
      long runEnd = page + 1;
      while (!tops && runEnd < endPage && !isTops(from, runEnd)) {
        runEnd++;
      }
      result = tops ? copy(page) : share(page, runEnd);
      page = result < 0 ? page : runEnd;
    }
    long done = Math.min(end, page << Page.SHIFT) - offset;
    return done > 0 ? (int) done : result;
  }

  private int share(long firstPage, long endPage) {
    long newEnd = Math.min(end, endPage << Page.SHIFT);
    return to.share(top, from, firstPage, endPage - firstPage, Math.max(to.size(), newEnd));
  }

  private int copy(long page) {
    long at = page << Page.SHIFT;
    int bytes = (int) Math.min(Page.BYTES, end - at);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment content = arena.allocate(Page.BYTES);
      int got = from.read(content, 0, bytes, at);
      return got < 0 ? got : to.write(top, content, 0, bytes, at, scratch);
    }
  }
}
