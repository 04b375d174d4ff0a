package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.tree.PageMap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a layer that does what two frozen ones do, one upon the other: of each page the version
 * that the upper one leads to. Pages that the upper one replaced are left behind.
 */
public final class LayerMerge {

  private static final int BUFFER_PAGES = 64;

  /** Neighbouring pages that come from one of the two. */
  private record Run(Delta from, long firstPage, long pages) {}

  private final Layer lower;
  private final Layer upper;
  private final Layer merged;

  /** Where the pages of each of the merged layer's deltas come from. */
  private final Map<Long, PageMap<Delta>> sources = new LinkedHashMap<>();

  private final Set<Layer> below = new HashSet<>();
  private final BooleanSupplier cancelled;
  private FileTree end;
  private boolean possible = true;

  private LayerMerge(
      Layer lower, Layer upper, Layer merged, FileTree end, BooleanSupplier cancelled) {
    this.lower = lower;
    this.upper = upper;
    this.merged = merged;
    this.end = end;
    this.cancelled = cancelled;
    for (Layer at = lower.parent(); at != null; at = at.parent()) {
      below.add(at);
    }
  }

  /**
   * Fills an empty layer, which is sealed and so durable on return. The two stay as they are.
   * Returns 0 or a negated errno; {@code EXDEV} if files share two versions of a page, which one
   * delta cannot hold, or have pages that are neither theirs nor a layer's below.
   *
   * @param cancelled asked again and again whether to give up
   */
  public static int write(Layer lower, Layer upper, Layer merged, BooleanSupplier cancelled) {
    FileTree start = lower.life().start();
    FileTree end = upper.life().end();
    if (start == null || end == null) {
      return -Errno.EAGAIN;
    }
    try {
      return new LayerMerge(lower, upper, merged, end, cancelled).write(start);
    } catch (StorageException e) {
      return Layer.errno(e);
    }
  }

  private int write(FileTree start) {
    FileTree before = end;
    var _ = start.nodes().differences(before.nodes(), this::take);
    if (!possible) {
      return -Errno.EXDEV;
    }
    int result = merged.makeDirectory();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate((long) BUFFER_PAGES << Page.SHIFT);
      MemorySegment zeros = arena.allocate(Page.BYTES);
      for (Map.Entry<Long, PageMap<Delta>> source : sources.entrySet()) {
        List<Run> runs = runs(source.getValue());
        result = result < 0 ? result : copy(source.getKey(), runs, buffer, zeros);
      }
    }
    result = result < 0 ? result : merged.deltas().flush();
    if (result < 0) {
      return result;
    }
    merged.life().replace(start, end, Math.max(lower.life().frozenEnd(), upper.life().frozenEnd()));
    return merged.sealMerged(cancelled);
  }

  /**
   * Notes where the pages of a file come from, and makes them the merged layer's. Those that it
   * shares with layers below stay theirs.
   */
  private void take(@Nullable Node old, @Nullable Node young) {
    if (young == null || !young.isRegular()) {
      return;
    }
    PageMap<Delta> before = old == null ? PageMap.empty() : old.pages();
    List<Run> taken = new ArrayList<>();
    var _ =
        before.differences(
            young.pages(),
            (first, pages, was, owner) -> {
              Delta now = owner == null ? null : owner.current();
              if (now != null && (now.layer() == lower || now.layer() == upper)) {
                taken.add(new Run(now, first, pages));
              } else {
                possible &= now == null || below.contains(now.layer());
              }
            });
    if (taken.isEmpty()) {
      return;
    }
    PageMap<Delta> pages = young.pages();
    for (Run run : taken) {
      take(run);
      pages = pages.with(run.firstPage(), run.pages(), merged.delta(run.from().fileId()));
    }
    end = end.with(young.withPages(pages));
  }

  /** Deltas keep their ids, so that whoever reads from one finds the one that it became. */
  private void take(Run run) {
    PageMap<Delta> known = sources.getOrDefault(run.from().fileId(), PageMap.empty());
    long runEnd = run.firstPage() + run.pages();
    long page = known.next(run.firstPage(), runEnd, true);
    while (page < runEnd) {
      possible &= known.owner(page) == run.from();
      page = known.next(page + 1, runEnd, true);
    }
    sources.put(run.from().fileId(), known.with(run.firstPage(), run.pages(), run.from()));
  }

  private static List<Run> runs(PageMap<Delta> source) {
    List<Run> runs = new ArrayList<>();
    source.forEachRun((first, pages, from) -> {
      Run last = runs.isEmpty() ? null : runs.getLast();
      if (last != null && last.from() == from && last.firstPage() + last.pages() == first) {
        runs.set(runs.size() - 1, new Run(from, last.firstPage(), last.pages() + pages));
      } else {
        runs.add(new Run(from, first, pages));
      }
    });
    return runs;
  }

  private int copy(long fileId, List<Run> from, MemorySegment buffer, MemorySegment zeros) {
    Delta target = merged.delta(fileId);
    int fd = target.acquire();
    if (fd < 0) {
      return fd;
    }
    try {
      long result = 0;
      long endPage = 0;
      for (Run run : from) {
        result = result < 0 ? result : copy(run, target.disk(), fd, buffer, zeros);
        endPage = Math.max(endPage, run.firstPage() + run.pages());
      }
      result = result < 0 ? result : target.disk().truncate(fd, endPage << Page.SHIFT);
      target.wrote();
      return (int) Math.min(0, result);
    } finally {
      target.release();
    }
  }

  private long copy(Run run, Disk disk, int target, MemorySegment buffer, MemorySegment zeros) {
    int source = run.from().acquire();
    if (source < 0) {
      return source;
    }
    try {
      long endPage = run.firstPage() + run.pages();
      for (long page = run.firstPage(); page < endPage; page += BUFFER_PAGES) {
        if (cancelled.getAsBoolean()) {
          return -Errno.ECANCELED;
        }
        long bytes = Math.min(BUFFER_PAGES, endPage - page) << Page.SHIFT;
        long got = disk.pread(source, buffer.address(), bytes, page << Page.SHIFT);
        if (got != bytes) {
          return got < 0 ? got : -Errno.EIO;
        }
        long written = writeData(disk, target, buffer.asSlice(0, bytes), page, zeros);
        if (written < 0) {
          return written;
        }
      }
      return 0;
    } finally {
      run.from().release();
    }
  }

  /** Pages of zeros stay holes. */
  private static long writeData(
      Disk disk, int fd, MemorySegment data, long firstPage, MemorySegment zeros) {
    long result = 0;
    long at = 0;
    while (at < data.byteSize() && result >= 0) {
      long from = at;
      while (at < data.byteSize() && data.asSlice(at, Page.BYTES).mismatch(zeros) >= 0) {
        at += Page.BYTES;
      }
      if (at > from) {
        long offset = (firstPage << Page.SHIFT) + from;
        result = disk.pwrite(fd, data.address() + from, at - from, offset);
      } else {
        at += Page.BYTES;
      }
    }
    return result;
  }
}
