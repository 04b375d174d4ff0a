package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.branches.engine.EngineHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forks a branch under pgbench again and again: every child is one state of it, not older than what
 * was committed before. {@code -Dcoppice.children=50} makes it long, {@code -Dcoppice.scale=20}
 * large.
 */
class BusyParentIT {

  private static final Logger LOG = LoggerFactory.getLogger(BusyParentIT.class);
  private static final int CHILDREN = Integer.getInteger("coppice.children", 6);
  private static final int SCALE = Integer.getInteger("coppice.scale", 1);

  @Test
  void everyChildHoldsWhatWasCommittedBefore() throws Exception {
    Pgbench.assumeInstalled();
    List<Long> readyMillis = new ArrayList<>();
    try (BranchLab lab = new BranchLab();
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.shop("secret"), event -> {});
      manager.createBranch(request("shop", "parent", Access.OWNER));
      try (Client client = Client.connect(manager, "parent", OWNER)) {
        Path sockets = client.socketDirectory();
        Pgbench.fill(lab.root, sockets, SCALE);
        Process load = Pgbench.start(lab.root, sockets, "-n", "-c", "4", "-T", "3600");
        // Each one lets the engine use its log anew, perhaps in the midst of a fork.
        Path checkpoint = Files.writeString(lab.root.resolve("checkpoint.sql"), "CHECKPOINT;");
        String script = checkpoint.toString();
        Process checkpoints =
            Pgbench.start(
                lab.root, sockets, "-n", "-f", script, "-T", "3600", "-U", EngineHost.SUPERUSER);
        try {
          for (int child = 0; child < CHILDREN; child++) {
            readyMillis.add(child(manager, client, "child-" + child));
          }
          assertThat(load.isAlive()).isTrue();
          assertThat(checkpoints.isAlive()).isTrue();
        } finally {
          checkpoints.destroy();
          assertThat(checkpoints.waitFor(1, TimeUnit.MINUTES)).isTrue();
          load.destroy();
          assertThat(load.waitFor(1, TimeUnit.MINUTES)).isTrue();
        }
        assertThat(client.one(Pgbench.BALANCED)).isEqualTo("t");
      }
      assertThat(manager.checkStore().problems()).isEmpty();
    }
    readyMillis.sort(null);
    LOG.info(
        "first row of a child under pgbench: p50 {} ms, p90 {} ms, most {} ms",
        readyMillis.get(readyMillis.size() / 2),
        readyMillis.get(readyMillis.size() * 9 / 10),
        readyMillis.getLast());
  }

  /** Returns how long it took to its first row, in milliseconds. */
  private static long child(BranchManager manager, Client parent, String name) throws Exception {
    long before = Long.parseLong(parent.one(Pgbench.COMMITTED));
    BranchLab.await("a commit", () -> committed(parent) > before + 20);
    long known = committed(parent);
    long start = System.nanoTime();
    manager.createBranch(request("parent", name, Access.OWNER));
    long millis;
    try (Client client = Client.connect(manager, name, OWNER)) {
      client.one("SELECT abalance FROM pgbench_accounts WHERE aid = 4711");
      millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertThat(committed(client)).as(name).isGreaterThanOrEqualTo(known);
      assertThat(client.one(Pgbench.BALANCED)).as(name).isEqualTo("t");
    }
    manager.deleteBranch(new BranchName(name));
    return millis;
  }

  private static long committed(Client client) {
    try {
      return Long.parseLong(client.one(Pgbench.COMMITTED));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
