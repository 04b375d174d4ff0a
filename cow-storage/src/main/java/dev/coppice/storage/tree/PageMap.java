package dev.coppice.storage.tree;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which owner holds each page of a file. A persistent radix tree with 64 pages or subtrees to a
 * node, in which a range of one owner, or of none, is a single reference. Reading a page costs the
 * same whatever number of owners there are.
 *
 * <p>A slot is null (nobody holds these pages: they read as zeros), an owner, or an array of slots.
 * Owners must not be arrays.
 */
public final class PageMap<O> {

  private static final int BITS = 6;
  private static final int FANOUT = 1 << BITS;
  private static final PageMap<?> EMPTY = new PageMap<>(null, 1);

  private final @Nullable Object root;
  private final int height;

  private PageMap(@Nullable Object root, int height) {
    this.root = root;
    this.height = height;
  }

  @SuppressWarnings("unchecked")
  public static <O> PageMap<O> empty() {
    return (PageMap<O>) EMPTY;
  }

  private static long capacity(int height) {
    return 1L << (BITS * height);
  }

  /** Who holds the page, or null if nobody does. */
  @SuppressWarnings("unchecked")
  public @Nullable O owner(long page) {
    if (page >= capacity(height)) {
      return null;
    }
    Object at = root;
    for (int shift = BITS * (height - 1); at instanceof Object[] slots; shift -= BITS) {
      at = slots[(int) (page >>> shift) & FANOUT - 1];
    }
    return (O) at;
  }

  /** How many nodes {@link #owner} passes through: depends on the length of the map alone. */
  public int steps(long page) {
    int steps = 1;
    Object at = page < capacity(height) ? root : null;
    for (int shift = BITS * (height - 1); at instanceof Object[] slots; shift -= BITS) {
      at = slots[(int) (page >>> shift) & FANOUT - 1];
      steps++;
    }
    return steps;
  }

  /** The map in which the pages belong to the given owner, or to nobody. */
  public PageMap<O> with(long firstPage, long pages, @Nullable O owner) {
    long end = Math.addExact(firstPage, pages);
    Object grown = root;
    int tall = height;
    while (end > capacity(tall)) {
      if (grown != null) {
        Object[] slots = new Object[FANOUT];
        slots[0] = grown;
        grown = slots;
      }
      tall++;
    }
    return new PageMap<>(set(grown, tall, firstPage, end, owner), tall);
  }

  /** The map in which a range is as it is in another, with which it shares that part. */
  public PageMap<O> withPagesOf(PageMap<O> source, long firstPage, long pages) {
    long end = Math.addExact(firstPage, pages);
    int tall = height;
    while (end > capacity(tall)) {
      tall++;
    }
    Object from = source.raised(Math.max(tall, source.height));
    for (int h = Math.max(tall, source.height); h > tall; h--) {
      from = slot(from, 0);
    }
    return new PageMap<>(copy(raised(tall), from, tall, firstPage, end), tall);
  }

  /** The map in which nobody holds any page from this one on. */
  public PageMap<O> truncate(long firstPage) {
    long end = capacity(height);
    return firstPage >= end ? this : new PageMap<>(set(root, height, firstPage, end, null), height);
  }

  /**
   * The first page from a page on that somebody holds, or that nobody does; the end if there is
   * none before.
   */
  public long next(long firstPage, long end, boolean held) {
    long page = firstPage;
    while (page < end) {
      if (page >= capacity(height)) {
        return held ? end : page;
      }
      Object at = root;
      int level = height;
      while (at instanceof Object[] slots) {
        level--;
        at = slots[(int) (page >>> (BITS * level)) & FANOUT - 1];
      }
      if ((at != null) == held) {
        return page;
      }
      page = ((page >>> (BITS * level)) + 1) << (BITS * level);
    }
    return end;
  }

  /** Sees runs of pages of one owner in ascending order. */
  public interface Run<O> {
    void see(long firstPage, long pages, O owner);
  }

  /** Visits every run that somebody holds; neighbours of one owner may come as several runs. */
  public void forEachRun(Run<O> visitor) {
    visit(root, height, 0, visitor);
  }

  @SuppressWarnings("unchecked")
  private void visit(@Nullable Object at, int level, long firstPage, Run<O> visitor) {
    if (at instanceof Object[] slots) {
      for (int i = 0; i < FANOUT; i++) {
        visit(slots[i], level - 1, firstPage + i * capacity(level - 1), visitor);
      }
    } else if (at != null) {
      visitor.see(firstPage, capacity(level), (O) at);
    }
  }

  /** Sees a run of pages whose owners before and after are not the same object. */
  public interface Difference<O> {
    void see(long firstPage, long pages, @Nullable O before, @Nullable O after);
  }

  /**
   * Visits the runs whose owners differ, in ascending order and in time proportional to their
   * number: what two maps share is passed over. Returns how many places it looked at.
   */
  public long differences(PageMap<O> after, Difference<O> visitor) {
    int tall = Math.max(height, after.height);
    return compare(raised(tall), after.raised(tall), tall, 0, visitor);
  }

  /** The root that the map would have if it were that high. */
  private @Nullable Object raised(int tall) {
    Object at = root;
    for (int h = height; h < tall && at != null; h++) {
      Object[] slots = new Object[FANOUT];
      slots[0] = at;
      at = slots;
    }
    return at;
  }

  @SuppressWarnings({"unchecked", "ReferenceEquality"})
  private static <O> long compare(
      @Nullable Object before,
      @Nullable Object after,
      int level,
      long firstPage,
      Difference<O> visitor) {
    if (before == after) {
      return 1;
    }
    if (!(before instanceof Object[]) && !(after instanceof Object[])) {
      visitor.see(firstPage, capacity(level), (O) before, (O) after);
      return 1;
    }
    long steps = 1;
    for (int i = 0; i < FANOUT; i++) {
      long first = firstPage + i * capacity(level - 1);
      steps += compare(slot(before, i), slot(after, i), level - 1, first, visitor);
    }
    return steps;
  }

  private static @Nullable Object slot(@Nullable Object at, int index) {
    return at instanceof Object[] slots ? slots[index] : at;
  }

  /** Sets pages [first, end) relative to the subtree's own first page. */
  @SuppressWarnings("ReferenceEquality")
  private static @Nullable Object set(
      @Nullable Object at, int level, long first, long end, @Nullable Object owner) {
    if (first == 0 && end == capacity(level)) {
      return owner;
    }
    if (at == owner && !(at instanceof Object[])) {
      return at;
    }
    Object[] slots;
    if (at instanceof Object[] old) {
      slots = old.clone();
    } else {
      slots = new Object[FANOUT];
      Arrays.fill(slots, at);
    }
    long below = capacity(level - 1);
    for (int i = (int) (first / below); i < FANOUT && i * below < end; i++) {
      long start = i * below;
      slots[i] =
          set(
              slots[i],
              level - 1,
              Math.max(first, start) - start,
              Math.min(end, start + below) - start,
              owner);
    }
    return slots[0] == owner && slots[FANOUT - 1] == owner && uniform(slots) ? owner : slots;
  }

  /** Takes pages [first, end), relative to the subtree's own first page, from another subtree. */
  @SuppressWarnings("ReferenceEquality")
  private static @Nullable Object copy(
      @Nullable Object at, @Nullable Object from, int level, long first, long end) {
    if (at == from || (first == 0 && end == capacity(level))) {
      return from;
    }
    Object[] slots = new Object[FANOUT];
    for (int i = 0; i < FANOUT; i++) {
      slots[i] = slot(at, i);
    }
    long below = capacity(level - 1);
    for (int i = (int) (first / below); i < FANOUT && i * below < end; i++) {
      long start = i * below;
      slots[i] =
          copy(
              slots[i],
              slot(from, i),
              level - 1,
              Math.max(first, start) - start,
              Math.min(end, start + below) - start);
    }
    return slots[0] instanceof Object[] || !uniform(slots) ? slots : slots[0];
  }

  @SuppressWarnings("ReferenceEquality")
  private static boolean uniform(@Nullable Object[] slots) {
    Object first = slots[0];
    for (Object slot : slots) {
      if (slot != first) {
        return false;
      }
    }
    return true;
  }
}
