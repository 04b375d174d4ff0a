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
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes one layer of two where nothing but the upper one stands on the lower one, in the
 * background. Readers go on meanwhile: the two stay until the new one has taken their place.
 */
final class Merging {

  private static final Logger LOG = LoggerFactory.getLogger(Merging.class);

  /** A lower layer that much larger than the upper one is left alone: it would be copied often. */
  private static final long LARGEST_RATIO = 4;

  /** Layers that small are merged in any case. */
  private static final long SMALL_BYTES = 1 << 20;

  /** As much as is copied at once at most. */
  private static final long LARGEST_BYTES = 1L << 30;

  private final BranchStore store;
  private final Lineage lineage;
  private final Journal journal;
  private final Background background;
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicLong merges = new AtomicLong();

  /** Pairs that stay apart. Only the background adds to them. */
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
    if (scheduled.compareAndSet(false, true)) {
      background.runLater(this::run);
    }
  }

  /** Merges until nothing is left to merge; returns how often. Of the background alone. */
  int runAll() {
    int number = 0;
    while (runOne()) {
      number++;
    }
    return number;
  }

  private void run() {
    scheduled.set(false);
    if (runOne() && scheduled.compareAndSet(false, true)) {
      // The new layer may be part of another pair; whatever else waits comes first.
      background.run(this::run);
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
    int result = LayerMerge.write(pair.lower(), pair.upper(), merged, background::closing);
    if (result >= 0 && takePlace(pair, merged)) {
      LOG.debug("layer {} took the place of two", merged.id());
      merges.incrementAndGet();
      return true;
    }
    if (result == -Errno.EXDEV) {
      refused.add(pair);
    }
    background.delete(merged);
    return false;
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
