package dev.coppice.storage.fuse;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.StoreConfig;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A mount with the threads that serve it. */
public final class FuseSession implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(FuseSession.class);
  private static final long CLONE_DEVICE = 0x8004E500L;
  private static final int MIN_WORKERS = 2;
  private static final int MAX_WORKERS = 4;

  /** On top of those, so that as many may wait for the disk at any time. */
  private static final int SYNCING_WORKERS = 2;

  private static final int NOTIFY_INVALIDATE_ENTRY = 3;
  private static final long JOIN_MILLIS = 10_000;

  private final Arena memory = Arena.ofShared();
  private final List<Integer> devices = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final SyncThreads syncThreads = new SyncThreads(SYNCING_WORKERS);
  private final ExecutorService notifier =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("coppice-fuse-notify").daemon().factory());
  private final Mount mount;

  private FuseSession(StoreConfig config, BranchStore store) {
    int first = Mount.openDevice();
    devices.add(first);
    Mount mounted = null;
    try {
      mounted = Mount.mount(first, config.mountPoint(), store.storeId());
      mount = mounted;
      startWorkers(config, store, first);
    } catch (RuntimeException e) {
      if (mounted != null) {
        mounted.unmount();
      }
      release();
      throw e;
    }
    mount.raiseCacheLimits();
  }

  /** Returns once the kernel can be answered. */
  public static FuseSession start(StoreConfig config, BranchStore store) {
    return new FuseSession(config, store);
  }

  private void startWorkers(StoreConfig config, BranchStore store, int first) {
    Attributes attributes = new Attributes(config.ownerUid(), config.ownerGid());
    Worker greeter = new Worker(first, store, attributes, syncThreads, memory);
    if (!greeter.readRequest()) {
      throw new StorageException(
          StorageFailure.MOUNT_FAILED,
          "the kernel gave up the mount on %s".formatted(config.mountPoint()),
          "Look into the kernel's log (dmesg).");
    }
    Handshake.answer(greeter.request(), greeter.reply());
    start(greeter, 0);
    int workers = Math.clamp(Runtime.getRuntime().availableProcessors(), MIN_WORKERS, MAX_WORKERS);
    for (int i = 1; i < workers; i++) {
      int clone = Mount.openDevice();
      devices.add(clone);
      int result = Posix.ioctl(clone, CLONE_DEVICE, first);
      if (result < 0) {
        throw new StorageException(
            StorageFailure.FUSE_UNAVAILABLE,
            "could not clone the FUSE device: error " + -result,
            "Use Linux 5.4 or newer.");
      }
      start(new Worker(clone, store, attributes, syncThreads, memory), i);
    }
  }

  private void start(Worker worker, int number) {
    threads.add(Thread.ofPlatform().name("coppice-fuse-" + number).daemon().start(worker));
  }

  /** Lets the kernel forget a branch that is gone, with all it has cached of it. */
  public void forget(BranchId branch) {
    try {
      notifier.execute(() -> invalidateEntry(branch.toString()));
    } catch (RejectedExecutionException e) {
      LOG.debug("the mount is being closed");
    }
  }

  private void invalidateEntry(String name) {
    byte[] bytes = name.getBytes(ISO_8859_1);
    int length = Reply.HEADER_BYTES + 16 + bytes.length + 1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment message = arena.allocate(length, Long.BYTES);
      message.set(ValueLayout.JAVA_INT, 0, length);
      message.set(ValueLayout.JAVA_INT, 4, NOTIFY_INVALIDATE_ENTRY);
      message.set(ValueLayout.JAVA_LONG, 16, NodeId.ROOT);
      message.set(ValueLayout.JAVA_INT, 24, bytes.length);
      MemorySegment.copy(bytes, 0, message, ValueLayout.JAVA_BYTE, 32, bytes.length);
      Posix.write(devices.getFirst(), message.address(), length);
    }
  }

  private void release() {
    notifier.shutdown();
    for (Thread thread : threads) {
      try {
        thread.join(JOIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    syncThreads.close();
    devices.forEach(Posix::close);
    if (threads.stream().noneMatch(Thread::isAlive)) {
      memory.close();
    }
  }

  @Override
  public void close() {
    mount.unmount();
    release();
  }
}
