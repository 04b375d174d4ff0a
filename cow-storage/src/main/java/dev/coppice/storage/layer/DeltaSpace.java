package dev.coppice.storage.layer;

import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import dev.coppice.storage.tree.PageMap;
import java.util.ArrayList;
import java.util.List;

/** Compares where a delta's file holds data with the pages that a state of its file gives to it. */
public final class DeltaSpace {

  /** Sees neighbouring bytes of the file that are data; 0 or a negated errno, which ends it. */
  interface Visitor {
    int see(long offset, long bytes, boolean held);
  }

  private record Run(long from, long end) {}

  /** Less than this may be the file system's own. */
  private static final long LEAST_RESERVED_BYTES = 1 << 16;

  private final Disk disk;
  private final int fd;
  private final List<Run> held = new ArrayList<>();

  /**
   * @param fd the delta's, open
   */
  @SuppressWarnings("ReferenceEquality")
  private DeltaSpace(Delta delta, int fd, PageMap<Delta> pages) {
    this.disk = delta.disk();
    this.fd = fd;
    pages.forEachRun((first, count, owner) -> {
      if (owner == delta) {
        add(first << Page.SHIFT, (first + count) << Page.SHIFT);
      }
    });
  }

  private void add(long from, long end) {
    Run last = held.isEmpty() ? null : held.getLast();
    if (last != null && last.end() == from) {
      held.set(held.size() - 1, new Run(last.from(), end));
    } else {
      held.add(new Run(from, end));
    }
  }

  static DeltaSpace of(Delta delta, int fd, PageMap<Delta> pages) {
    return new DeltaSpace(delta, fd, pages);
  }

  /** What the state says that the delta holds. */
  long heldBytes() {
    return held.stream().mapToLong(run -> run.end() - run.from()).sum();
  }

  /** Where the last page ends that the delta holds. */
  long heldEnd() {
    return held.isEmpty() ? 0 : held.getLast().end();
  }

  /** Visits all data in ascending order; 0 or a negated errno. */
  int forEachData(Visitor visitor) {
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
        while (next < held.size() && held.get(next).end() <= at) {
          next++;
        }
        Run run = next < held.size() ? held.get(next) : new Run(Long.MAX_VALUE, Long.MAX_VALUE);
        boolean isHeld = run.from() <= at;
        long partEnd = Math.min(end, isHeld ? run.end() : run.from());
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
    List<Run> runs = new ArrayList<>(held);
    runs.add(new Run(Math.max(size, heldEnd()), size));
    for (Run run : runs) {
      if (result == 0 && run.from() > at) {
        result = punch(at, run.from() - at);
      }
      at = run.end();
    }
    return result;
  }

  /**
   * Gives back what holds data though no page is there, whose record must be durable; 0 or a
   * negated errno. Nobody writes to the delta meanwhile.
   */
  public static int punchSurplus(Delta delta, PageMap<Delta> pages) {
    int fd = delta.acquire();
    if (fd < 0) {
      return fd == -Errno.ENOENT ? 0 : fd;
    }
    try {
      int punched = of(delta, fd, pages).punchSurplus();
      if (punched != 0) {
        // Once the layer is sealed, a power loss must not bring it back.
        delta.wrote();
      }
      return Math.min(0, punched);
    } finally {
      delta.release();
    }
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
      return of(delta, fd, node.pages()).trim(Page.count(node.size()) << Page.SHIFT);
    } finally {
      delta.release();
    }
  }

  private int trim(long size) {
    boolean longer = disk.size(fd) > size;
    int result = longer ? disk.truncate(fd, size) : 0;
    boolean reserved = disk.allocatedBytes(fd) > heldBytes() + LEAST_RESERVED_BYTES;
    if (result == 0 && reserved) {
      result = punchReserved(size);
    }
    int punched = result < 0 ? result : punchSurplus();
    boolean changed = longer || reserved || punched > 0;
    return punched < 0 || !changed ? Math.min(0, punched) : disk.fdatasync(fd);
  }
}
