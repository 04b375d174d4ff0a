package dev.coppice.server;

import dev.coppice.branches.BranchLogin;
import dev.coppice.branches.BranchManager;
import dev.coppice.branches.EngineEnd;
import dev.coppice.branches.EngineLease;
import dev.coppice.proxy.BranchRequest;
import dev.coppice.proxy.BranchResolver;
import dev.coppice.proxy.BranchTarget;
import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.ScramVerifier;
import dev.coppice.server.failure.Failure;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the proxy what the manager knows, and tells its failures as a Postgres server would. */
final class BranchDirectory implements BranchResolver {
  private static final Logger LOG = LoggerFactory.getLogger(BranchDirectory.class);

  private final BranchManager manager;

  BranchDirectory(BranchManager manager) {
    this.manager = manager;
  }

  @Override
  public CompletionStage<BranchTarget> resolve(BranchRequest request) {
    return refusing(manager.login(request.branch(), request.role()))
        .thenApply(login -> new Target(manager, login));
  }

  private static <T> CompletionStage<T> refusing(CompletionStage<T> stage) {
    return stage.exceptionallyCompose(thrown -> {
      Failure failure = Failure.ofAny(thrown);
      if (Failure.of(thrown).isEmpty()) {
        LOG.error("A client was refused because of a bug", thrown);
      }
      return CompletableFuture.failedStage(
          new RefusedException(
              new Refusal(
                  failure.code().code(),
                  failure.code().sqlState(),
                  failure.message(),
                  failure.hint())));
    });
  }

  /** What clients of an engine that is being stopped are told. */
  static Refusal farewell(EngineEnd end) {
    String branch = "branch \"%s\"".formatted(end.branch());
    String again = "Connect again";
    return switch (end.operation()) {
      case RESET ->
          ended(
              "branch_reset",
              branch
                  + " is being reset"
                  + end.snapshot().map(" to snapshot \"%s\""::formatted).orElse(""),
              again + ": you will see what the branch was reset to.");
      case DELETE ->
          ended(
              "branch_deleted",
              branch + " is being deleted",
              "`coppice branch list` shows the others.");
      case EXPIRE ->
          ended(
              "branch_expired",
              branch + " has expired and is being deleted",
              "A branch without --ttl stays until it is deleted.");
      case SUSPEND ->
          ended("branch_suspended", branch + " is being suspended", again + ": that wakes it.");
      case SHUT_DOWN ->
          ended("shutting_down", "the server is shutting down", again + " when it is back.");
    };
  }

  private static Refusal ended(String kind, String why, String hint) {
    return new Refusal(kind, "57P01", "terminating connection because " + why, hint);
  }

  private record Target(BranchManager manager, BranchLogin login) implements BranchTarget {
    @Override
    public ScramVerifier verifier() {
      return new ScramVerifier(login.verifier());
    }

    @Override
    public String defaultDatabase() {
      return login.defaultDatabase();
    }

    @Override
    public CompletionStage<EngineEndpoint> connect() {
      return refusing(manager.connect(login.branch())).thenApply(Endpoint::new);
    }
  }

  private record Endpoint(EngineLease lease) implements EngineEndpoint {
    @Override
    public Path socket() {
      return lease.socket();
    }

    @Override
    public Object engine() {
      return lease.engine();
    }

    @Override
    public CompletionStage<Refusal> ending() {
      return lease.ending().thenApply(BranchDirectory::farewell);
    }

    @Override
    public void close() {
      lease.close();
    }
  }
}
