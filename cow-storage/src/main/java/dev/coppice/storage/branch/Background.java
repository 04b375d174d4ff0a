package dev.coppice.storage.branch;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Errno;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes layers, gives space back and makes frozen layers durable; and, on a thread of their own,
 * merges, which may copy for long.
 */
final class Background implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Background.class);
  private static final Duration RECLAIM_DELAY = Duration.ofSeconds(1);
  private static final Duration MERGE_DELAY = Duration.ofSeconds(1);

  private record Reclaim(Layer layer, long logOffset, Runnable free) {}

  private final BackgroundTasks tasks;
  private final BackgroundTasks merges;
  private final Journal journal;
  private final ConcurrentLinkedQueue<Reclaim> reclaims = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean reclaimScheduled = new AtomicBoolean();
  private final Deletions deletions;
  private volatile boolean closing;

  Background(Function<String, BackgroundTasks> threads, Journal journal, StoreFiles files) {
    this.tasks = threads.apply("coppice-store-background");
    this.merges = threads.apply("coppice-store-merge");
    this.journal = journal;
    this.deletions = new Deletions(files, this::run);
  }

  /**
   * @param frozenBy the end of the journal's record that froze the layer: after a power loss it may
   *     be the top of its branch again, and then it must not have a manifest
   */
  void makeDurable(Layer layer, long frozenBy) {
    tasks.run(() -> {
      if (!closing) {
        makeDurableNow(layer, frozenBy);
      }
    });
  }

  private void makeDurableNow(Layer layer, long frozenBy) {
    int result = journal.sync(frozenBy);
    result = result < 0 ? result : Durability.syncLineage(layer);
    if (result < 0) {
      LOG.warn("frozen layer {} is not durable yet: error {}", layer.id(), -result);
      return;
    }
    result = layer.seal(this::closing);
    if (result < 0 && result != -Errno.ECANCELED) {
      LOG.warn("frozen layer {} has no manifest yet: error {}", layer.id(), -result);
    }
  }

  void shortenLog(Branch branch) {
    tasks.run(() -> {
      int result = closing ? 0 : branch.shortenLog();
      if (result < 0) {
        LOG.warn("the log of branch {} stays long: error {}", branch.id(), -result);
      }
    });
  }

  /** Refused once the store is being closed. */
  void run(Runnable task) {
    tasks.run(unlessClosing(task));
  }

  /** Beside everything else, one after the other; refused once the store is being closed. */
  void merge(Runnable merge) {
    merges.run(unlessClosing(merge));
  }

  /** The same when layers that were frozen just now have become durable. */
  void mergeLater(Runnable merge) {
    merges.runAfter(MERGE_DELAY, unlessClosing(merge));
  }

  /** Runs a merge once frozen layers are durable, and waits for it. */
  void mergeNow(Runnable merge) {
    tasks.await();
    merge(merge);
    merges.await();
    await();
  }

  private Runnable unlessClosing(Runnable task) {
    return () -> {
      if (!closing) {
        task.run();
      }
    };
  }

  boolean closing() {
    return closing;
  }

  /** Ends a layer that nothing refers to any more, and removes its files. */
  void delete(Layer layer) {
    deletions.expect(layer.directory());
    tasks.run(() -> {
      layer.abandon();
      if (!closing) {
        deletions.begin(layer.directory());
      }
    });
  }

  /** Removes the directory of a layer that nobody knows any more. */
  void delete(Path directory) {
    deletions.expect(directory);
    run(() -> deletions.begin(directory));
  }

  Deletions deletions() {
    return deletions;
  }

  /** Runs a task after all that was to run at once, and waits for what it returns. */
  <T> T call(Supplier<T> task) {
    CompletableFuture<T> result = new CompletableFuture<>();
    tasks.run(() -> {
      try {
        reclaimAll();
        result.complete(task.get());
      } catch (RuntimeException e) {
        result.completeExceptionally(e);
      }
    });
    tasks.await();
    try {
      if (!result.isDone()) {
        throw new StorageException(
            StorageFailure.IO_ERROR,
            "the store is being closed",
            "Start the server, and try again.");
      }
      return result.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /**
   * Frees space of a layer once its log, which says that nobody needs it any more, is durable up to
   * an offset: after a power loss the log must not lead to pages that are gone.
   */
  void reclaim(Layer layer, long logOffset, Runnable free) {
    reclaims.add(new Reclaim(layer, logOffset, free));
    if (reclaimScheduled.compareAndSet(false, true)) {
      tasks.runAfter(RECLAIM_DELAY, this::reclaimAll);
    }
  }

  int waiting() {
    return reclaims.size();
  }

  private void reclaimAll() {
    reclaimScheduled.set(false);
    for (Reclaim next = reclaims.poll(); next != null; next = reclaims.poll()) {
      int result = next.layer().syncLog(next.logOffset());
      if (result == 0) {
        next.free().run();
      }
    }
  }

  void await() {
    tasks.run(this::reclaimAll);
    do {
      tasks.await();
    } while (deletions.pending().layers() > 0 && !closing);
  }

  /** Gives up what can be done after the next open, and waits for the rest. */
  @Override
  public void close() {
    closing = true;
    merges.close();
    tasks.run(this::reclaimAll);
    tasks.close();
  }
}
