package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.tree.PageMap;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range of a file from the deltas that hold it, a run of pages with one owner at a time.
 * Where the first of many runs has to come from the disk, the disk is told of all the others, so
 * that it need not be waited for once per run.
 */
final class Runs {

  /** What a run takes at most if the kernel has it cached: for the call, and for every page. */
  private static final long CACHED_NANOS = 30_000;

  private static final long CACHED_PAGE_NANOS = 3_000;

  /** Reading so many pages in vain is cheaper than another access to the disk. */
  private static final long GAP_BYTES = 2L << Page.SHIFT;

  /** A longer run is left to the file system's own read-ahead, which costs the processor less. */
  private static final long LONG_RUN_BYTES = 512 << 10;

  /** The kernel may cut a longer request short (mm/readahead.c, force_page_cache_ra). */
  private static final long TOLD_BYTES = 512 << 10;

  /** From an offset to an end, in bytes. */
  private record Range(long offset, long end) {}

  private final PageMap<Delta> map;
  private final long end;

  private Runs(PageMap<Delta> map, long end) {
    this.map = map;
    this.end = end;
  }

  /**
   * Returns the bytes read, which are all, or a negated errno.
   *
   * @param announced whether the disk has been told of the whole range
   */
  static int read(
      PageMap<Delta> map,
      MemorySegment target,
      long targetOffset,
      int bytes,
      long offset,
      boolean announced) {
    return new Runs(map, offset + bytes).read(target, targetOffset, offset, announced);
  }

  private int read(MemorySegment target, long targetOffset, long offset, boolean announced) {
    boolean told = announced;
    long at = offset;
    while (at < end) {
      Delta owner = map.owner(at >> Page.SHIFT);
      long runEnd = runEnd(owner, at);
      int run = (int) (runEnd - at);
      Layer clock = owner == null || told || runEnd == end ? null : owner.layer();
      long began = clock == null ? 0 : clock.nanoTime();
      int result = readOne(owner, target, targetOffset + (at - offset), run, at);
      if (result < 0) {
        return result;
      }
      if (clock != null && clock.nanoTime() - began > cachedNanos(run)) {
        tell(runEnd);
        told = true;
      }
      at = runEnd;
    }
    return (int) (end - offset);
  }

  private static long cachedNanos(int bytes) {
    return CACHED_NANOS + Page.count(bytes) * CACHED_PAGE_NANOS;
  }

  private long runEnd(@Nullable Delta owner, long offset) {
    long runEnd = (offset | Page.MASK) + 1;
    while (runEnd < end && map.owner(runEnd >> Page.SHIFT) == owner) {
      runEnd += Page.BYTES;
    }
    return Math.min(runEnd, end);
  }

  /** Tells the disk of what will be read soon. */
  static void tell(PageMap<Delta> map, long offset, long end) {
    new Runs(map, end).tell(offset);
  }

  private void tell(long offset) {
    Map<Delta, Range> pending = new HashMap<>();
    long at = offset;
    while (at < end) {
      Delta owner = map.owner(at >> Page.SHIFT);
      long runEnd = runEnd(owner, at);
      if (owner != null && runEnd - at < LONG_RUN_BYTES) {
        Range before = pending.get(owner);
        if (before != null && at - before.end() <= GAP_BYTES) {
          pending.put(owner, new Range(before.offset(), runEnd));
        } else {
          if (before != null) {
            tell(owner, before);
          }
          pending.put(owner, new Range(at, runEnd));
        }
      }
      at = runEnd;
    }
    pending.forEach(Runs::tell);
  }

  private static void tell(Delta owner, Range range) {
    Delta holder = owner.current();
    int fd = holder.acquire();
    if (fd >= 0) {
      for (long at = range.offset(); at < range.end(); at += TOLD_BYTES) {
        holder.disk().willNeed(fd, at, Math.min(TOLD_BYTES, range.end() - at));
      }
      holder.release();
    }
  }

  /** What nobody owns reads as zeros; 0 or a negated errno. */
  static int readOne(
      @Nullable Delta owner, MemorySegment target, long targetOffset, int bytes, long offset) {
    if (owner == null) {
      target.asSlice(targetOffset, bytes).fill((byte) 0);
      return 0;
    }
    Delta holder = owner.current();
    int fd = holder.acquire();
    while (fd < 0 && holder.current() != holder) {
      holder = holder.current();
      fd = holder.acquire();
    }
    if (fd < 0) {
      return fd;
    }
    try {
      long got = holder.disk().pread(fd, target.address() + targetOffset, bytes, offset);
      return got == bytes ? 0 : got < 0 ? (int) got : -Errno.EIO;
    } finally {
      holder.release();
    }
  }
}
