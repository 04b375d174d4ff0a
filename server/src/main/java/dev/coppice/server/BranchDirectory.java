package dev.coppice.server;

import dev.coppice.branches.BranchLogin;
import dev.coppice.branches.BranchManager;
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
    public void close() {
      lease.close();
    }
  }
}
