package dev.coppice.storage.branch;

import java.util.concurrent.atomic.AtomicLongArray;

/** How many pages of each kind one thread has met. It alone counts; any thread may read. */
public final class PageTally {

  /** Where a page was. */
  public enum Kind {
    /** In the branch's own top layer. */
    OWN(0),
    /** In a frozen layer; a write copies or replaces it. */
    INHERITED(1),
    /** Nowhere; it reads as zeros. */
    HOLE(2);

    private final int place;

    Kind(int place) {
      this.place = place;
    }
  }

  private final AtomicLongArray pages = new AtomicLongArray(Kind.values().length);

  void add(Kind kind) {
    pages.setRelease(kind.place, pages.getPlain(kind.place) + 1);
  }

  public long pages(Kind kind) {
    return pages.getAcquire(kind.place);
  }
}
