package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class GovernorTest {

  private static Governor governor(int engines, Duration turn) {
    return new Governor(
        new EngineRoom(engines * Governor.NEW_ENGINE_BYTES, turn, Duration.ofMinutes(1)));
  }

  @Test
  void whoFindsNoRoomIsRefusedAfterATime() {
    Governor governor = governor(2, Duration.ofMillis(20));
    governor.take();
    Governor.Seat second = governor.take();
    assertThat(governor.tryTake()).isEmpty();
    assertThatThrownBy(governor::take)
        .isInstanceOfSatisfying(
            BranchException.class,
            e -> assertThat(e.failure()).isEqualTo(BranchFailure.ENGINE_TURN_TIMEOUT))
        .hasMessageContaining("2 that are awake are in use");
    assertThat(governor.waiting()).isZero();
    second.close();
    second.close();
    assertThat(governor.tryTake()).isPresent();
    assertThat(governor.tryTake()).isEmpty();
  }

  @Test
  void oneEngineIsAlwaysLetStart() {
    Governor governor =
        new Governor(new EngineRoom(1, Duration.ofMillis(1), Duration.ofMinutes(1)));
    Governor.Seat only = governor.take();
    assertThat(governor.tryTake()).isEmpty();
    only.close();
    assertThat(governor.tryTake()).isPresent();
  }

  @Test
  void aStandingEngineCountsAndLeavesRoomForOneOther() {
    Governor governor = governor(2, Duration.ofMillis(1));
    Governor.Seat base = governor.takeStanding();
    Governor.Seat other = governor.takeStanding();
    governor.takeStanding();
    assertThat(governor.occupiedBytes()).isEqualTo(3 * Governor.NEW_ENGINE_BYTES);
    governor.take();
    assertThat(governor.tryTake()).isEmpty();
    other.close();
    base.close();
    assertThat(governor.occupiedBytes()).isEqualTo(2 * Governor.NEW_ENGINE_BYTES);
    assertThat(governor.tryTake()).isEmpty();
  }

  @Test
  void idleEnginesMakeRoom() {
    Governor governor = governor(1, Duration.ofMinutes(1));
    Deque<Governor.Seat> idle = new ArrayDeque<>();
    governor.evictBy(() -> {
      Governor.Seat seat = idle.poll();
      if (seat != null) {
        seat.close();
      }
      return seat != null;
    });
    for (int i = 0; i < 10; i++) {
      idle.add(governor.take());
      assertThat(governor.occupiedBytes()).isEqualTo(Governor.NEW_ENGINE_BYTES);
    }
  }

  @Test
  void everybodyGetsATurn() throws Exception {
    Governor governor = governor(3, Duration.ofMinutes(1));
    Deque<Governor.Seat> idle = new ConcurrentLinkedDeque<>();
    governor.evictBy(() -> {
      Governor.Seat seat = idle.poll();
      if (seat != null) {
        seat.close();
      }
      return seat != null;
    });
    AtomicInteger seated = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 500; i++) {
        boolean leavesItIdle = i % 2 == 0;
        all.add(
            CompletableFuture.runAsync(
                () -> {
                  Governor.Seat seat = governor.take();
                  most.accumulateAndGet(seated.incrementAndGet(), Math::max);
                  seated.decrementAndGet();
                  if (leavesItIdle) {
                    idle.add(seat);
                    governor.stir();
                  } else {
                    seat.close();
                  }
                },
                clients));
      }
      CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).get(1, TimeUnit.MINUTES);
    }
    assertThat(most.get()).isBetween(1, 3);
    assertThat(governor.waiting()).isZero();
  }
}
