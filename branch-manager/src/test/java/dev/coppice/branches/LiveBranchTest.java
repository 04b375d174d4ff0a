package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.EngineEnd.Operation;
import dev.coppice.branches.catalogue.Credentials;
import dev.coppice.branches.catalogue.StoredBranch;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.SnapshotId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LiveBranchTest {

  private static final BranchName NAME = new BranchName("b");
  private static final EngineEnd SUSPENDED = new EngineEnd(NAME, Operation.SUSPEND);

  private final Governor governor =
      new Governor(
          new EngineRoom(Governor.NEW_ENGINE_BYTES, Duration.ofMillis(1), Duration.ofMinutes(1)));
  private final Queue<Runnable> work = new ArrayDeque<>();
  private final AtomicInteger starts = new AtomicInteger();
  private final LiveBranch branch =
      new LiveBranch(
          stored(),
          starting -> {
            starts.incrementAndGet();
            throw new IllegalStateException("no engine in this test");
          },
          stopped -> {},
          governor,
          Duration.ofMinutes(1),
          work::add);

  private static StoredBranch stored() {
    return new StoredBranch(
        UUID.randomUUID(),
        NAME,
        new BranchId(UUID.randomUUID()),
        UUID.randomUUID(),
        new SnapshotId(UUID.randomUUID()),
        List.of(),
        Access.OWNER,
        "owner",
        new Credentials("password", "verifier"),
        Instant.EPOCH,
        Optional.empty(),
        OptionalLong.empty(),
        Durability.FULL,
        Optional.empty());
  }

  private void suspend() {
    branch.operations.lock();
    try {
      branch.suspend(SUSPENDED);
    } finally {
      branch.operations.unlock();
    }
  }

  private void work() {
    for (Runnable next = work.poll(); next != null; next = work.poll()) {
      next.run();
    }
  }

  @Test
  void anEngineThatMightBeWantedIsNotStartedAfterASuspend() {
    branch.wakeIfRoom(Optional.empty());
    assertThat(governor.tryTake()).isEmpty();
    suspend();
    work();
    assertThat(starts).hasValue(0);
    assertThat(governor.tryTake()).isPresent();
  }

  @Test
  void norIfTheSuspendCameBeforeTheThought() {
    suspend();
    branch.wakeIfRoom(Optional.empty());
    assertThat(work).isEmpty();
  }

  @Test
  void itIsStartedIfSomebodyWaits() {
    branch.wakeIfRoom(Optional.empty());
    suspend();
    var waiting = branch.connect().toCompletableFuture();
    work();
    assertThat(starts).hasValue(1);
    assertThat(waiting).isCompletedExceptionally();
  }

  @Test
  void itIsStartedAfterTheStopThatTheCallerKnows() {
    suspend();
    branch.wakeIfRoom(Optional.of(SUSPENDED));
    work();
    assertThat(starts).hasValue(1);
  }
}
