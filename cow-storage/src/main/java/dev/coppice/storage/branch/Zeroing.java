package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Makes a range of a file read as zeros. Whole pages give their space back: the top layer takes
 * them over as holes of its delta, so that the format needs no record of its own for it.
 */
final class Zeroing {

  private final LiveFile file;
  private final Layer top;
  private final MemorySegment scratch;

  /**
   * @param scratch a page of the calling thread's own
   */
  Zeroing(LiveFile file, Layer top, MemorySegment scratch) {
    this.file = file;
    this.top = top;
    this.scratch = scratch;
  }

  /** Leaves the size as it is; 0 or a negated errno. */
  int run(long offset, long bytes) {
    if (offset < 0 || bytes <= 0) {
      return -Errno.EINVAL;
    }
    synchronized (file) {
      long end = Math.min(offset + bytes, file.size());
      long firstWhole = Page.count(offset);
      long endWhole = end == file.size() ? Page.count(end) : end >> Page.SHIFT;
      if (firstWhole >= endWhole) {
        return writeZeros(offset, end);
      }
      int result = writeZeros(offset, firstWhole << Page.SHIFT);
      if (result == 0) {
        result = writeZeros(endWhole << Page.SHIFT, end);
      }
      return result == 0 ? punchAll(firstWhole, endWhole) : result;
    }
  }

  /** Pages that are only partly in the range. */
  private int writeZeros(long from, long end) {
    int result = 0;
    try (var arena = Arena.ofConfined()) {
      MemorySegment zeros = arena.allocate(Page.BYTES);
      for (long at = from; at < end && result == 0; at = (at | Page.MASK) + 1) {
        if (file.pages().owner(at >> Page.SHIFT) != null) {
          int part = (int) (Math.min(end, (at | Page.MASK) + 1) - at);
          result = file.write(top, zeros, 0, part, at, scratch);
        }
      }
    }
    return result;
  }

  private int punchAll(long firstPage, long endPage) {
    int result = 0;
    long page = file.pages().next(firstPage, endPage, true);
    while (result == 0 && page < endPage) {
      long runEnd = file.pages().next(page, endPage, false);
      result = punch(page << Page.SHIFT, runEnd << Page.SHIFT);
      page = file.pages().next(runEnd, endPage, true);
    }
    return result;
  }

  private int punch(long from, long end) {
    Delta delta = file.ownIn(top);
    int fd = file.acquireOwn(delta);
    if (fd < 0) {
      return fd;
    }
    try {
      int mode = Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE;
      int result = delta.disk().allocate(fd, mode, from, end - from);
      if (result == 0 && delta.disk().size(fd) < end) {
        result = delta.disk().truncate(fd, end);
      }
      delta.wrote();
      if (result < 0) {
        return result;
      }
    } finally {
      delta.release();
    }
    return file.record(delta, from, Math.min(end, file.size()) - from, scratch);
  }
}
