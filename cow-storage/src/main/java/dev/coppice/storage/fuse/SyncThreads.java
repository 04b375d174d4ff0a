package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.Branch;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for the disk so that reads go on meanwhile. A few syncs may run on the workers they came
 * to, which saves waking another thread; the rest go to threads that answer the kernel themselves.
 */
final class SyncThreads implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(SyncThreads.class);
  private static final int THREADS = 4;
  private static final long CLOSE_TIMEOUT_SECONDS = 30;

  private final int inlineLimit;
  private final AtomicInteger inline = new AtomicInteger();
  private final ExecutorService threads =
      Executors.newFixedThreadPool(
          THREADS,
          work ->
              Thread.ofPlatform()
                  .name("coppice-fuse-sync")
                  .daemon()
                  .unstarted(() -> {
                    Posix.becomeFlusher();
                    work.run();
                  }));

  /**
   * @param inlineLimit how many workers may wait for the disk at a time
   */
  SyncThreads(int inlineLimit) {
    this.inlineLimit = inlineLimit;
  }

  /**
   * @param fd the clone of the device that the request came from
   */
  void submit(int fd, long unique, Branch branch, int opcode, long fileId) {
    IntSupplier work =
        switch (opcode) {
          case Opcode.FSYNC -> () -> branch.sync(fileId);
          case Opcode.FSYNCDIR -> branch::syncNames;
          default -> branch::syncAll;
        };
    if (inline.incrementAndGet() <= inlineLimit) {
      try {
        answer(fd, unique, work);
      } finally {
        inline.decrementAndGet();
      }
      return;
    }
    inline.decrementAndGet();
    try {
      threads.execute(() -> answer(fd, unique, work));
    } catch (RejectedExecutionException e) {
      answer(fd, unique, () -> -Errno.EIO);
    }
  }

  /** Runs what answers the kernel by itself, never on the calling thread. */
  void execute(int fd, long unique, Runnable work) {
    try {
      threads.execute(() -> {
        try {
          work.run();
        } catch (RuntimeException e) {
          LOG.error("a request failed", e);
          answer(fd, unique, () -> -Errno.EIO);
        }
      });
    } catch (RejectedExecutionException e) {
      answer(fd, unique, () -> -Errno.EIO);
    }
  }

  private static void answer(int fd, long unique, IntSupplier work) {
    int result;
    try {
      result = work.getAsInt();
    } catch (RuntimeException e) {
      LOG.error("a sync failed", e);
      result = -Errno.EIO;
    }
    try (Arena arena = Arena.ofConfined()) {
      Reply.sendResult(fd, arena.allocate(Reply.HEADER_BYTES, Long.BYTES), unique, result);
    }
  }

  @Override
  public void close() {
    threads.shutdown();
    try {
      if (!threads.awaitTermination(CLOSE_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("syncs did not end within {} s", CLOSE_TIMEOUT_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
