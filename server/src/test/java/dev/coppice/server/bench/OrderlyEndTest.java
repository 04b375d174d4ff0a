package dev.coppice.server.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class OrderlyEndTest {
  @Test
  void theWorkIsInterruptedAndItsCleaningIsAwaited() throws Exception {
    CompletableFuture<OrderlyEnd> opened = new CompletableFuture<>();
    AtomicBoolean cleaned = new AtomicBoolean();
    Thread worker = Thread.ofPlatform().daemon().start(() -> work(opened, cleaned));
    OrderlyEnd end = opened.get(30, TimeUnit.SECONDS);

    end.interruptWorker();

    assertThat(cleaned).isTrue();
    worker.join(30_000);
    assertThat(worker.isAlive()).isFalse();
  }

  private static void work(CompletableFuture<OrderlyEnd> opened, AtomicBoolean cleaned) {
    try (OrderlyEnd end = OrderlyEnd.ofThisThread()) {
      try {
        opened.complete(end);
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        cleaned.set(true);
      }
    }
  }

  @Test
  void aNormalEndLeavesNoHook() {
    OrderlyEnd end = OrderlyEnd.ofThisThread();
    end.close();

    end.interruptWorker();

    assertThat(Thread.interrupted()).isTrue();
  }
}
