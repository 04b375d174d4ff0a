package dev.coppice.storage.fuse;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.StoreConfig;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
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

  private static final long JOIN_MILLIS = 10_000;

  private final Arena memory = Arena.ofShared();
  private final List<Integer> devices = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<RequestTally> tallies = new CopyOnWriteArrayList<>();
  private final SyncThreads syncThreads = new SyncThreads(SYNCING_WORKERS);
  private final ExecutorService notifier =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("coppice-fuse-notify").daemon().factory());
  private final Mount mount;

  private FuseSession(StoreConfig config, BranchStore store, boolean holdsBack) {
    int first = Mount.openDevice();
    devices.add(first);
    Mount mounted = null;
    try {
      mounted = Mount.mount(first, config.mountPoint(), store.storeId());
      mount = mounted;
      startWorkers(config, store, first, holdsBack);
    } catch (RuntimeException e) {
      if (mounted != null) {
        mounted.unmount();
      }
      release();
      throw e;
    }
    mount.raiseCacheLimits();
  }

  /**
   * Returns once the kernel can be answered.
   *
   * @param holdsBack whether the kernel may keep what is written until a sync or a close
   */
  public static FuseSession start(StoreConfig config, BranchStore store, boolean holdsBack) {
    return new FuseSession(config, store, holdsBack);
  }

  /** Takes away a mount that a killed predecessor left. */
  public static void removeStale(StoreConfig config, BranchStore store) {
    Mount.removeStale(config.mountPoint(), store.storeId());
  }

  private void startWorkers(StoreConfig config, BranchStore store, int first, boolean holdsBack) {
    Attributes attributes = new Attributes(config.ownerUid(), config.ownerGid());
    Worker greeter = new Worker(first, store, attributes, syncThreads, memory, holdsBack);
    if (!greeter.readRequest()) {
      throw new StorageException(
          StorageFailure.MOUNT_FAILED,
          "the kernel gave up the mount on %s".formatted(config.mountPoint()),
          "Look into the kernel's log (dmesg).");
    }
    Handshake.answer(greeter.request(), greeter.reply(), holdsBack);
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
      start(new Worker(clone, store, attributes, syncThreads, memory, holdsBack), i);
    }
  }

  List<RequestTally> tallies() {
    return tallies;
  }

  private void start(Worker worker, int number) {
    tallies.add(worker.tally());
    threads.add(Thread.ofPlatform().name("coppice-fuse-" + number).daemon().start(worker));
  }

  /** Lets the kernel forget a branch that is gone, with all it has cached of it. */
  public void forget(BranchId branch) {
    try {
      notifier.execute(() -> Notification.forgetTopLevel(devices.getFirst(), branch.toString()));
    } catch (RejectedExecutionException e) {
      LOG.debug("the mount is being closed");
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
