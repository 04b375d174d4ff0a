package dev.coppice.branches;

import dev.coppice.branches.engine.Engine;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One start of a branch's engine, and those who wait for it.
 *
 * @param turn completes when there is room for the engine
 */
record Waking(CompletableFuture<@Nullable Void> turn, CompletableFuture<Engine> engine) {

  Waking() {
    this(new CompletableFuture<>(), new CompletableFuture<>());
  }

  /** For one more client: the engine, or a failure some time after its turn has come. */
  CompletableFuture<Engine> awaited(BranchName branch, Duration patience, Executor workers) {
    CompletableFuture<Engine> copy = engine.copy();
    Executor later =
        CompletableFuture.delayedExecutor(patience.toMillis(), TimeUnit.MILLISECONDS, workers);
    var _ =
        turn.thenRun(() -> later.execute(() -> copy.completeExceptionally(late(branch, patience))));
    return copy;
  }

  private static BranchException late(BranchName branch, Duration patience) {
    return new BranchException(
        BranchFailure.ENGINE_START_TIMEOUT,
        "The engine of branch \"%s\" was not ready within %d seconds"
            .formatted(branch, patience.toSeconds()),
        "Connect again: the engine may be up by then. `coppice doctor` says whether the machine is"
            + " short of something.");
  }
}
