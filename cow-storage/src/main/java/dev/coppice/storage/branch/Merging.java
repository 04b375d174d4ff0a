package dev.coppice.storage.branch;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.layer.Edit;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.LayerMerge;
import dev.coppice.storage.posix.Errno;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one layer of two where nothing but the upper one stands on the lower one, on a thread of
 * its own. Readers go on meanwhile: the two stay until the new one has taken their place.
 */
final class Merging {

  private static final Logger LOG = LoggerFactory.getLogger(Merging.class);

  /** A lower layer that much larger than the upper one is left alone: it would be copied often. */
  private static final long LARGEST_RATIO = 4;

  /** Layers that small are merged in any case. */
  private static final long SMALL_BYTES = 1 << 20;

  /**
   * While branches are made and deleted one after the other, they have the machine to themselves.
   */
  private static final int MOST_PUT_OFF = 10;

  /** As much as is copied at once at most. */
  private static final long LARGEST_BYTES = 1L << 30;

  private final BranchStore store;
  private final Lineage lineage;
  private final Journal journal;
  private final Background background;
  private final AtomicBoolean scheduled = new AtomicBoolean();

  /** Whether there was more to do while the merges were waiting. */
  private volatile boolean more;

  private int putOff;
  private final AtomicLong merges = new AtomicLong();

  /** Held while a merge ends: what is on disk and what is in the books belong together. */
  private final Object ending = new Object();

  private volatile @Nullable Path unfinished;

  /** Pairs that stay apart. Only the merges' thread adds to them. */
  private final Set<Lineage.Pair> refused = ConcurrentHashMap.newKeySet();

  Merging(BranchStore store, Lineage lineage, Journal journal, Background background) {
    this.store = store;
    this.lineage = lineage;
    this.journal = journal;
    this.background = background;
  }

  void watch(MeterRegistry meters) {
    Gauge.builder("coppice.store.merges.waiting", this, Merging::waiting)
        .description("Layers that are about to be merged with the one below")
        .register(meters);
    FunctionCounter.builder("coppice.store.merges", merges, AtomicLong::get)
        .description("Layers that took the place of two")
        .register(meters);
  }

  private long waiting() {
    return pairs().stream().filter(pair -> !refused.contains(pair)).count();
  }

  private List<Lineage.Pair> pairs() {
    synchronized (store.catalogueLock()) {
      return lineage.pairs();
    }
  }

  /** To be called when a layer may have lost one of its uses. */
  void later() {
    more = true;
    if (scheduled.compareAndSet(false, true)) {
      mergeLater();
    }
  }

  private void mergeLater() {
    more = false;
    background.mergeLater(this::run);
  }

  /** Merges all that can be merged by now, and waits for that. */
  int runAllNow() {
    int[] number = {0};
    background.mergeNow(() -> number[0] = runAll());
    return number[0];
  }

  /** Merges until nothing is left to merge; returns how often. Of the merges' thread alone. */
  private int runAll() {
    int number = 0;
    while (runOne()) {
      number++;
    }
    return number;
  }

  private void run() {
    if (more && putOff < MOST_PUT_OFF) {
      putOff++;
      mergeLater();
      return;
    }
    putOff = 0;
    scheduled.set(false);
    if (runOne() && scheduled.compareAndSet(false, true)) {
      // The new layer may be part of another pair; whatever else waits comes first.
      background.merge(this::run);
    }
  }

  private boolean runOne() {
    List<Lineage.Pair> pairs = pairs();
    refused.retainAll(Set.copyOf(pairs));
    for (Lineage.Pair pair : pairs) {
      if (!refused.contains(pair) && !background.closing()) {
        if (!fits(pair)) {
          refused.add(pair);
        } else if (merge(pair)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean fits(Lineage.Pair pair) {
    long lower = pair.lower().allocatedBytes();
    long upper = pair.upper().allocatedBytes();
    return lower <= LARGEST_RATIO * upper + SMALL_BYTES && lower + upper <= LARGEST_BYTES;
  }

  private boolean merge(Lineage.Pair pair) {
    if (store.keepsWithoutName(Set.of(pair.lower(), pair.upper()))) {
      return false;
    }
    Layer merged = store.inPlaceOf(pair.lower());
    unfinished = merged.directory();
    int result = LayerMerge.write(pair.lower(), pair.upper(), merged, background::closing);
    boolean tookPlace = end(pair, merged, result);
    if (tookPlace) {
      LOG.debug("layer {} took the place of two", merged.id());
      merges.incrementAndGet();
    } else if (result == -Errno.EXDEV) {
      refused.add(pair);
    }
    return tookPlace;
  }

  /** Whether a directory is that of a layer which is being made of two. */
  boolean unfinished(Path directory) {
    return directory.equals(unfinished);
  }

  /** Does something while no layer takes the place of others, or is given up. */
  <T> T whileNoneEnds(Supplier<T> action) {
    synchronized (ending) {
      return action.get();
    }
  }

  private boolean end(Lineage.Pair pair, Layer merged, int result) {
    synchronized (ending) {
      boolean tookPlace = result >= 0 && takePlace(pair, merged);
      if (!tookPlace) {
        background.delete(merged);
      }
      unfinished = null;
      return tookPlace;
    }
  }

  private boolean takePlace(Lineage.Pair pair, Layer merged) {
    Layer lower = pair.lower();
    Layer upper = pair.upper();
    long end;
    synchronized (store.catalogueLock()) {
      if (!lineage.mergeable(lower, upper) || store.keepsWithoutName(Set.of(lower, upper))) {
        return false;
      }
      try {
        end = journal.append(List.of(new Edit.LayersMerged(merged.id(), lower.id(), upper.id())));
      } catch (StorageException e) {
        LOG.warn("two layers stay apart: {}", e.getMessage());
        return false;
      }
      lineage.replace(lower, upper, merged);
      store.moveSnapshots(upper, merged);
    }
    if (journal.sync(end) < 0) {
      LOG.warn("the journal cannot be synced, so layers {} and {} stay", lower.id(), upper.id());
      return true;
    }
    lower.forwardTo(merged);
    upper.forwardTo(merged);
    background.delete(lower);
    background.delete(upper);
    return true;
  }
}
