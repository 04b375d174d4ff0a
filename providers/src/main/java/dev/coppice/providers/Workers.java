package dev.coppice.providers;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/** Runs work on named threads; the first failure ends the pull's sessions, and so the others. */
final class Workers {

  private final PullScope scope;

  Workers(PullScope scope) {
    this.scope = scope;
  }

  /** Returns when all have ended; throws what failed first. */
  void run(String name, List<? extends Callable<?>> tasks) throws Exception {
    AtomicReference<Exception> failure = new AtomicReference<>();
    CountDownLatch done = new CountDownLatch(tasks.size());
    List<Thread> threads = new ArrayList<>();
    for (Callable<?> task : tasks) {
      threads.add(
          Thread.ofPlatform()
              .daemon()
              .name("coppice-pull-" + name + "-" + threads.size())
              .unstarted(() -> runOne(task, failure, done, threads)));
    }
    threads.forEach(Thread::start);
    try {
      done.await();
    } catch (InterruptedException e) {
      scope.stop();
      threads.forEach(Thread::interrupt);
      throw e;
    }
    Exception first = failure.get();
    if (first != null) {
      throw first;
    }
  }

  private void runOne(
      Callable<?> task,
      AtomicReference<Exception> failure,
      CountDownLatch done,
      List<Thread> threads) {
    try {
      task.call();
    } catch (Exception | OutOfMemoryError e) {
      Exception seen = e instanceof Exception exception ? exception : new IllegalStateException(e);
      if (failure.compareAndSet(null, seen)) {
        scope.stop();
        threads.forEach(Thread::interrupt);
      }
    } finally {
      done.countDown();
    }
  }
}
