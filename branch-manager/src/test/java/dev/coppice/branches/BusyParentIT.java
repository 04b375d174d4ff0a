package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.branches.engine.EngineHost;
import java.io.IOException;
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
  private static final Path PGBENCH =
      Path.of("/usr/lib/postgresql", String.valueOf(BranchLab.MAJOR), "bin", "pgbench");

  /** The money that pgbench moves around adds up. */
  private static final String BALANCED =
      "SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(bbalance) FROM"
          + " pgbench_branches) AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT"
          + " sum(bbalance) FROM pgbench_branches) AND (SELECT coalesce(sum(delta), 0) FROM"
          + " pgbench_history) = (SELECT sum(bbalance) FROM pgbench_branches)";

  private static final String COMMITTED = "SELECT count(*) FROM pgbench_history";

  @Test
  void everyChildHoldsWhatWasCommittedBefore() throws Exception {
    assumeTrue(Files.isExecutable(PGBENCH), "pgbench " + BranchLab.MAJOR + " is not installed");
    List<Long> readyMillis = new ArrayList<>();
    try (BranchLab lab = new BranchLab();
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.shop("secret"), event -> {});
      manager.createBranch(request("shop", "parent", Access.OWNER));
      try (Client client = Client.connect(manager, "parent", OWNER)) {
        Process filling = pgbench(lab, client, "-i", "-q", "-s", String.valueOf(SCALE));
        assertThat(filling.waitFor(5, TimeUnit.MINUTES)).isTrue();
        assertThat(filling.exitValue()).isZero();
        Process load = pgbench(lab, client, "-n", "-c", "4", "-T", "3600");
        // Each one lets the engine use its log anew, perhaps in the midst of a fork.
        Path checkpoint = Files.writeString(lab.root.resolve("checkpoint.sql"), "CHECKPOINT;");
        String script = checkpoint.toString();
        Process checkpoints =
            pgbench(lab, client, "-n", "-f", script, "-T", "3600", "-U", EngineHost.SUPERUSER);
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
        assertThat(client.one(BALANCED)).isEqualTo("t");
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
    long before = Long.parseLong(parent.one(COMMITTED));
    BranchLab.await("a commit", () -> committed(parent) > before + 20);
    long known = committed(parent);
    long start = System.nanoTime();
    manager.createBranch(request("parent", name, Access.OWNER));
    long millis;
    try (Client client = Client.connect(manager, name, OWNER)) {
      client.one("SELECT abalance FROM pgbench_accounts WHERE aid = 4711");
      millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      assertThat(committed(client)).as(name).isGreaterThanOrEqualTo(known);
      assertThat(client.one(BALANCED)).as(name).isEqualTo("t");
    }
    manager.deleteBranch(new BranchName(name));
    return millis;
  }

  private static long committed(Client client) {
    try {
      return Long.parseLong(client.one(COMMITTED));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Process pgbench(BranchLab lab, Client client, String... options)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(PGBENCH.toString());
    command.addAll(
        List.of("-h", client.socketDirectory().toString(), "-p", String.valueOf(EngineHost.PORT)));
    command.addAll(List.of("-U", OWNER));
    command.addAll(List.of(options));
    command.add("shop");
    Path log = lab.root.resolve("pgbench.log");
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
  }
}
