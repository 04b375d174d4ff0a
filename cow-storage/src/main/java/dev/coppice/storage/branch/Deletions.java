package dev.coppice.storage.branch;

import dev.coppice.storage.PendingDeletion;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Errno;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the directories of layers that nothing leads to any more, some files at a time, so that
 * other work comes in between. What a stop leaves of them, the next open finds unknown and goes on
 * to remove.
 */
final class Deletions {

  private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);
  private static final int FILES_AT_ONCE = 32;

  private record Doomed(Path file, long bytes) {}

  private final StoreFiles files;
  private final Consumer<Runnable> background;
  private final Set<Path> expected = ConcurrentHashMap.newKeySet();
  private final AtomicLong pendingFiles = new AtomicLong();
  private final AtomicLong pendingBytes = new AtomicLong();

  /**
   * @param background runs a task after those that wait
   */
  Deletions(StoreFiles files, Consumer<Runnable> background) {
    this.files = files;
    this.background = background;
  }

  void watch(MeterRegistry meters) {
    Gauge.builder("coppice.store.deletions.waiting", expected, Set::size)
        .description("Deleted layers whose files are not all removed")
        .register(meters);
    Gauge.builder("coppice.store.deletions.files", pendingFiles, AtomicLong::get)
        .description("Files of deleted layers that are left to be removed")
        .register(meters);
    Gauge.builder("coppice.store.deletions.bytes", pendingBytes, AtomicLong::get)
        .description("What those files take on disk")
        .baseUnit("bytes")
        .register(meters);
  }

  PendingDeletion pending() {
    return new PendingDeletion(expected.size(), pendingFiles.get(), pendingBytes.get());
  }

  boolean pending(Path directory) {
    return expected.contains(directory);
  }

  /** Counts a directory that {@link #begin} is going to be called for. */
  void expect(Path directory) {
    expected.add(directory);
  }

  /** Of the background alone: takes stock of a directory that nobody writes to, and begins. */
  void begin(Path directory) {
    Deque<Doomed> doomed = new ArrayDeque<>();
    for (String name : files.disk().list(directory)) {
      Path file = directory.resolve(name);
      doomed.add(new Doomed(file, files.fileBytes(file)));
    }
    pendingFiles.addAndGet(doomed.size());
    pendingBytes.addAndGet(doomed.stream().mapToLong(Doomed::bytes).sum());
    goOn(directory, doomed);
  }

  private void goOn(Path directory, Deque<Doomed> doomed) {
    for (int i = 0; i < FILES_AT_ONCE && !doomed.isEmpty(); i++) {
      Doomed next = doomed.remove();
      pendingFiles.decrementAndGet();
      pendingBytes.addAndGet(-next.bytes());
      warn(next.file(), files.disk().unlink(next.file()));
    }
    if (doomed.isEmpty()) {
      warn(directory, files.disk().removeDirectory(directory));
      expected.remove(directory);
    } else {
      background.accept(() -> goOn(directory, doomed));
    }
  }

  /** Says that something could not be removed, unless it was not there. */
  static void warn(Path path, int result) {
    if (result < 0 && result != -Errno.ENOENT) {
      LOG.warn("{} stays until the next start: {}", path, Errno.describe(-result));
    }
  }
}
