package dev.coppice.server.bench;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Until it is closed, a signal that ends the program first interrupts the thread that opened this,
 * and waits for it to close this: the thread's {@code finally} blocks stop its engines.
 */
final class OrderlyEnd implements AutoCloseable {
  private static final Duration UNTIL_CHILDREN_END = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Thread worker;
  private final Thread hook;
  // Not the thread's end: it may be inside System.exit, which waits for this hook.
  private final CountDownLatch closed = new CountDownLatch(1);

  private OrderlyEnd(Thread worker) {
    this.worker = worker;
    this.hook = new Thread(this::interruptWorker, "bench-end");
  }

  static OrderlyEnd ofThisThread() {
    OrderlyEnd end = new OrderlyEnd(Thread.currentThread());
    Runtime.getRuntime().addShutdownHook(end.hook);
    return end;
  }

  /** What the shutdown hook does. */
  void interruptWorker() {
    worker.interrupt();
    try {
      if (!closed(UNTIL_CHILDREN_END)) {
        // Reading from a program or an engine cannot be interrupted, only ended from its side.
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroy);
        if (!closed(PATIENCE)) {
          System.err.println("warning: the benchmark did not stop; engines may be left behind");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean closed(Duration patience) throws InterruptedException {
    return closed.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      awaitEndOfProgram();
    }
  }

  /** What was interrupted would tell of a failure that is none. */
  private static void awaitEndOfProgram() {
    while (true) {
      LockSupport.park();
      // Else the next park returns at once.
      var _ = Thread.interrupted();
    }
  }
}
