package dev.coppice.storage.layer;

import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import dev.coppice.storage.tree.PageMap;
import java.util.List;

/** Compares where a delta's file holds data with the pages that a state of its file gives to it. */
public final class DeltaSpace {

  /** Sees neighbouring bytes of the file that are data; 0 or a negated errno, which ends it. */
  interface Visitor {
    int see(long offset, long bytes, boolean held);
  }

  /** Less than this may be the file system's own. */
  private static final long LEAST_RESERVED_BYTES = 1 << 16;

  private final Disk disk;
  private final int fd;
  private final HeldPages held;

  /**
   * @param fd the delta's, open
   */
  DeltaSpace(HeldPages held, int fd) {
    this.disk = held.delta().disk();
    this.fd = fd;
    this.held = held;
  }

  /** Visits all data in ascending order; 0 or a negated errno. */
  int forEachData(Visitor visitor) {
    List<HeldPages.Run> runs = held.runs();
    int next = 0;
    int result = 0;
    long data = disk.nextData(fd, 0);
    while (data >= 0 && result == 0) {
      long end = disk.nextHole(fd, data);
      if (end < 0) {
        return (int) end;
      }
      long at = data;
      while (at < end && result == 0) {
        while (next < runs.size() && runs.get(next).end() << Page.SHIFT <= at) {
          next++;
        }
        HeldPages.Run run = next < runs.size() ? runs.get(next) : null;
        boolean isHeld = run != null && run.first() << Page.SHIFT <= at;
        long runEnd = run == null ? end : (isHeld ? run.end() : run.first()) << Page.SHIFT;
        long partEnd = Math.min(end, runEnd);
        result = visitor.see(at, partEnd - at, isHeld);
        at = partEnd;
      }
      data = disk.nextData(fd, end);
    }
    return result < 0 || data == -Errno.ENXIO ? result : (int) Math.min(0, data);
  }

  private int punch(long offset, long bytes) {
    int mode = Posix.FALLOC_FL_PUNCH_HOLE | Posix.FALLOC_FL_KEEP_SIZE;
    return disk.allocate(fd, mode, offset, bytes);
  }

  /** The number of stretches given back, or a negated errno. */
  private int punchSurplus() {
    int[] punched = {0};
    int result =
        forEachData((offset, bytes, isHeld) -> {
          punched[0] += isHeld ? 0 : 1;
          return isHeld ? 0 : punch(offset, bytes);
        });
    return result < 0 ? result : punched[0];
  }

  /** Gives back what was reserved between the pages that are held, and behind them. */
  private int punchReserved(long size) {
    long at = 0;
    int result = 0;
    for (HeldPages.Run run : held.runs()) {
      result = punchBetween(at, run.first() << Page.SHIFT, result);
      at = run.end() << Page.SHIFT;
    }
    return punchBetween(at, size, result);
  }

  private int punchBetween(long from, long end, int before) {
    return before == 0 && end > from ? punch(from, end - from) : before;
  }

  /**
   * Gives back what holds data though no page is there, whose record must be durable, and what was
   * reserved behind the file's end; 0 or a negated errno. Nobody writes to the delta meanwhile.
   */
  public static int punchSurplus(Delta delta, PageMap<Delta> pages, long fileBytes) {
    int fd = delta.acquire();
    if (fd < 0) {
      return fd == -Errno.ENOENT ? 0 : fd;
    }
    try {
      DeltaSpace space = new DeltaSpace(HeldPages.of(delta, pages), fd);
      boolean reserved = space.hasReserved();
      int cut = reserved ? space.cut(Page.count(fileBytes) << Page.SHIFT) : 0;
      int punched = cut < 0 ? cut : space.punchSurplus();
      if (punched != 0 || reserved) {
        // Once the layer is sealed, a power loss must not bring it back.
        delta.wrote();
      }
      return Math.min(0, punched);
    } finally {
      delta.release();
    }
  }

  private boolean hasReserved() {
    return disk.allocatedBytes(fd) > (held.pages() << Page.SHIFT) + LEAST_RESERVED_BYTES;
  }

  /** Where the file is not longer either, this gives back what was reserved behind its end. */
  private int cut(long size) {
    return disk.truncate(fd, Math.min(size, disk.size(fd)));
  }

  /**
   * The same for a delta that nobody writes to any more, whose reservations go as well. Durable on
   * return.
   */
  static int trim(Delta delta, Node node) {
    int fd = delta.acquire();
    if (fd < 0) {
      return fd == -Errno.ENOENT ? 0 : fd;
    }
    try {
      DeltaSpace space = new DeltaSpace(HeldPages.of(delta, node.pages()), fd);
      return space.trim(Page.count(node.size()) << Page.SHIFT);
    } finally {
      delta.release();
    }
  }

  private int trim(long size) {
    boolean longer = disk.size(fd) > size;
    int result = longer ? disk.truncate(fd, size) : 0;
    boolean reserved = hasReserved();
    if (result == 0 && reserved) {
      result = punchReserved(size);
    }
    int punched = result < 0 ? result : punchSurplus();
    boolean changed = longer || reserved || punched > 0;
    return punched < 0 || !changed ? Math.min(0, punched) : disk.fdatasync(fd);
  }
}
