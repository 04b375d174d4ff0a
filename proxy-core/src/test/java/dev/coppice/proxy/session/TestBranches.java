package dev.coppice.proxy.session;

import dev.coppice.proxy.BranchRequest;
import dev.coppice.proxy.BranchResolver;
import dev.coppice.proxy.BranchTarget;
import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.ScramVerifier;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Knows the branch "pr-1" of one engine, and counts who holds a way to it. */
final class TestBranches implements BranchResolver {

  static final String PASSWORD = "pencil";

  private static final ScramVerifier VERIFIER = ScramVerifier.of(PASSWORD);

  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();
  private volatile @Nullable CompletionStage<BranchTarget> resolving;
  private volatile CompletableFuture<Refusal> ending = new CompletableFuture<>();
  private volatile Supplier<CompletionStage<EngineEndpoint>> waking;

  TestBranches(Path socket) {
    this.waking = () -> CompletableFuture.completedFuture(endpoint(socket));
  }

  /** Answers every question so from now on. */
  void resolving(CompletionStage<BranchTarget> answer) {
    resolving = answer;
  }

  /** Says how engines wake from now on. */
  void waking(Supplier<CompletionStage<EngineEndpoint>> how) {
    waking = how;
  }

  /** Tells everybody who has a way to an engine that it is about to be stopped. */
  void end(Refusal why) {
    CompletableFuture<Refusal> told = ending;
    ending = new CompletableFuture<>();
    told.complete(why);
  }

  EngineEndpoint endpoint(Path socket) {
    CompletableFuture<Refusal> ending = this.ending;
    opened.incrementAndGet();
    return new EngineEndpoint() {
      @Override
      public Path socket() {
        return socket;
      }

      @Override
      public Object engine() {
        return socket;
      }

      @Override
      public CompletionStage<Refusal> ending() {
        return ending;
      }

      @Override
      public void close() {
        closed.incrementAndGet();
      }
    };
  }

  @Override
  public CompletionStage<BranchTarget> resolve(BranchRequest request) {
    CompletionStage<BranchTarget> answer = resolving;
    if (answer != null) {
      return answer;
    }
    return switch (request.branch()) {
      case "pr-1" -> CompletableFuture.completedFuture(new Target());
      case "no-role" ->
          CompletableFuture.failedFuture(
              new RefusedException(
                  new Refusal("role_unknown", "28000", "role does not exist", "secret hint")));
      case "broken" -> throw new IllegalStateException("internal detail");
      default ->
          CompletableFuture.failedFuture(
              new RefusedException(
                  new Refusal(
                      "branch_unknown",
                      "3D000",
                      "branch \"%s\" does not exist".formatted(request.branch()),
                      "`coppice branch list` shows what is there.")));
    };
  }

  private final class Target implements BranchTarget {

    @Override
    public ScramVerifier verifier() {
      return VERIFIER;
    }

    @Override
    public String defaultDatabase() {
      return "shop";
    }

    @Override
    public CompletionStage<EngineEndpoint> connect() {
      return waking.get();
    }
  }
}
