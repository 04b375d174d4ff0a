package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.tree.PageMap;
import java.lang.foreign.MemorySegment;

/**
 * Writes to a delta that does not hold all the pages yet: what is only partly written is completed
 * from what the layers below hold, so that a delta has pages whole.
 */
final class CopyUp {

  private final PageMap<Delta> pages;
  private final Delta delta;
  private final int fd;
  private final MemorySegment scratch;

  /**
   * @param pages whose they are before the write
   * @param fd the delta's, open
   * @param scratch a page of the calling thread's own
   */
  CopyUp(PageMap<Delta> pages, Delta delta, int fd, MemorySegment scratch) {
    this.pages = pages;
    this.delta = delta;
    this.fd = fd;
    this.scratch = scratch;
  }

  /** Returns what is not negative, or a negated errno. */
  long write(MemorySegment source, long sourceOffset, int bytes, long offset) {
    long end = offset + bytes;
    long firstPage = offset >> Page.SHIFT;
    long lastPage = (end - 1) >> Page.SHIFT;
    long directFrom = offset;
    long directEnd = end;
    boolean headPartial =
        (offset & Page.MASK) != 0 || (firstPage == lastPage && (end & Page.MASK) != 0);
    if (headPartial && pages.owner(firstPage) != delta) {
      directFrom = Math.min(end, (firstPage + 1) << Page.SHIFT);
      long result = complete(firstPage, source, sourceOffset, offset, directFrom);
      if (result < 0) {
        return result;
      }
    }
    if (lastPage != firstPage && (end & Page.MASK) != 0 && pages.owner(lastPage) != delta) {
      directEnd = lastPage << Page.SHIFT;
      long from = sourceOffset + (directEnd - offset);
      long result = complete(lastPage, source, from, directEnd, end);
      if (result < 0) {
        return result;
      }
    }
    if (directFrom >= directEnd) {
      return bytes;
    }
    long address = source.address() + sourceOffset + (directFrom - offset);
    return delta.disk().pwrite(fd, address, directEnd - directFrom, directFrom);
  }

  /** Writes a whole page: as it was, with the bytes from offset to end replaced. */
  private long complete(long page, MemorySegment source, long sourceOffset, long offset, long end) {
    long start = page << Page.SHIFT;
    int loaded = load(page);
    if (loaded < 0) {
      return loaded;
    }
    MemorySegment.copy(source, sourceOffset, scratch, offset - start, end - offset);
    return delta.disk().pwrite(fd, scratch.address(), Page.BYTES, start);
  }

  private int load(long page) {
    return Runs.readOne(pages.owner(page), scratch, 0, Page.BYTES, page << Page.SHIFT);
  }

  /** Copies pages as they are, up to the first that is there or cannot be; returns how many. */
  long copy(long firstPage, long endPage) {
    long page = firstPage;
    while (page < endPage
        && pages.owner(page) != delta
        && load(page) >= 0
        && delta.disk().pwrite(fd, scratch.address(), Page.BYTES, page << Page.SHIFT)
            == Page.BYTES) {
      page++;
    }
    delta.wrote();
    return page - firstPage;
  }
}
