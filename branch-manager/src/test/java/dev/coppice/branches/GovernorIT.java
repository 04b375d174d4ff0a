package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.branches.BranchLab.Client;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Many branches, and room for the engines of few. */
class GovernorIT {

  private static final int BRANCHES = 6;
  private static final int ENGINES = 3;

  @Test
  void allBranchesAreServedWithRoomForFew() throws Exception {
    try (BranchLab lab = new BranchLab()) {
      serveAll(lab);
      assertRefusedAfterATime(lab);
    }
  }

  private static void serveAll(BranchLab lab) throws Exception {
    try (BranchManager manager = lab.open(1, ENGINES, Duration.ofMinutes(3))) {
      manager.addSource(lab.shop("secret"), event -> {});
      for (int i = 0; i < BRANCHES; i++) {
        manager.createBranch(request("shop", "b" + i, Access.OWNER));
        write(manager, i);
        assertThat(awake(manager)).as("after branch %d", i).isBetween(1L, mostAwake());
      }
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int i = 0; i < 3 * BRANCHES; i++) {
          int branch = i % BRANCHES;
          clients.add(CompletableFuture.runAsync(() -> write(manager, branch), threads));
        }
        CompletableFuture.allOf(clients.toArray(CompletableFuture[]::new)).get(3, TimeUnit.MINUTES);
      }
      assertThat(awake(manager)).isBetween(1L, mostAwake());
      for (int i = 0; i < BRANCHES; i++) {
        try (Client client = Client.connect(manager, "b" + i, OWNER)) {
          assertThat(client.one("SELECT count(*) FROM sales.item WHERE name = 'mine'"))
              .isEqualTo("4");
        }
        manager.deleteBranch(new BranchName("b" + i));
      }
    }
  }

  private static void assertRefusedAfterATime(BranchLab lab) throws Exception {
    try (BranchManager manager = lab.open(0, 1, Duration.ofSeconds(1))) {
      manager.createBranch(request("shop", "one", Access.OWNER));
      manager.createBranch(request("shop", "two", Access.OWNER));
      try (Client holder = Client.connect(manager, "one", OWNER)) {
        assertThat(holder.one("SELECT 1")).isEqualTo("1");
        assertThatThrownBy(() -> Client.connect(manager, "two", OWNER).close())
            .hasRootCauseInstanceOf(BranchException.class)
            .rootCause()
            .isInstanceOfSatisfying(
                BranchException.class,
                e -> assertThat(e.failure()).isEqualTo(BranchFailure.ENGINE_TURN_TIMEOUT));
      }
      write(manager, "two");
    }
  }

  /** Engines that were measured are charged less than new ones. */
  private static long mostAwake() {
    return ENGINES * Governor.NEW_ENGINE_BYTES / Governor.LEAST_ENGINE_BYTES;
  }

  private static void write(BranchManager manager, int branch) {
    write(manager, "b" + branch);
  }

  private static void write(BranchManager manager, String branch) {
    try (Client client = Client.connect(manager, branch, OWNER)) {
      client.run("INSERT INTO sales.item (name, price) VALUES ('mine', 1)");
    } catch (Exception e) {
      throw new IllegalStateException(branch, e);
    }
  }

  private static long awake(BranchManager manager) {
    return manager.branches().stream()
        .filter(branch -> branch.state() == BranchInfo.State.RUNNING)
        .count();
  }
}
