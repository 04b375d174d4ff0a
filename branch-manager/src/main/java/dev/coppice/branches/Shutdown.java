package dev.coppice.branches;

import dev.coppice.branches.catalogue.Catalogue;
import dev.coppice.branches.catalogue.CatalogueEngine;
import dev.coppice.storage.PageStore;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The order in which everything ends: branches' engines together, the catalogue, the store. */
record Shutdown(
    Ground ground,
    Sweeper sweeper,
    Freshness freshness,
    Followings follow,
    WarmPool pool,
    Catalogue catalogue,
    CatalogueEngine catalogueEngine,
    PageStore store,
    DirectoryLock locks,
    ExecutorService workers) {

  private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

  static BranchException refusal() {
    return new BranchException(
        BranchFailure.SHUTTING_DOWN,
        "The server is shutting down",
        "Try again once it has been started anew.");
  }

  void run() {
    step("sweeper", sweeper::close);
    step("freshness", freshness::close);
    step("following", follow::close);
    List<CompletableFuture<Void>> stopping =
        ground.register().branches().stream()
            .map(branch -> CompletableFuture.runAsync(() -> stop(branch), workers))
            .toList();
    step("warm engines", pool::close);
    step(
        "engines",
        () -> CompletableFuture.allOf(stopping.toArray(CompletableFuture[]::new)).join());
    workers.shutdown();
    step("catalogue", catalogue::close);
    step("catalogue's engine", catalogueEngine::close);
    step("store", store::close);
    step("locks", locks::close);
  }

  private static void stop(LiveBranch branch) {
    branch.close(refusal());
    branch.operations.lock();
    try {
      branch.suspend(new EngineEnd(branch.name(), EngineEnd.Operation.SHUT_DOWN));
    } finally {
      branch.operations.unlock();
    }
  }

  /** One part that fails to end must not keep the others running. */
  private static void step(String what, Runnable end) {
    try {
      end.run();
    } catch (RuntimeException e) {
      LOG.error("Could not close the {}", what, e);
    }
  }
}
