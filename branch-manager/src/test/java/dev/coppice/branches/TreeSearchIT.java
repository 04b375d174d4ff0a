package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An agent that searches forks its own branch again and again while it works on it, tries something
 * in each child, and goes on in one of them. {@code -Dcoppice.tree=25x10} makes it deep and wide.
 */
class TreeSearchIT {

  private static final Logger LOG = LoggerFactory.getLogger(TreeSearchIT.class);

  /** What every state of the branch holds: as much on one side as on the other. */
  private static final String BALANCE =
      "SELECT coalesce(sum(a), 0) || ' ' || coalesce(sum(b), 0) || ' ' || max(step) FROM sales.work";

  private final int[] shape =
      Arrays.stream(System.getProperty("coppice.tree", "6x3").split("x", -1))
          .mapToInt(Integer::parseInt)
          .toArray();

  @Test
  void everyChildOfABusyBranchIsWhole() throws Exception {
    List<Long> readyMillis = new ArrayList<>();
    try (BranchLab lab = new BranchLab();
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.shop("secret"), event -> {});
      manager.createBranch(request("shop", "root", Access.OWNER));
      try (Client client = Client.connect(manager, "root", OWNER)) {
        client.run("CREATE TABLE sales.work (step int, a numeric, b numeric, filler text)");
        client.run("INSERT INTO sales.work VALUES (0, 0, 0, '')");
      }
      String at = "root";
      for (int depth = 1; depth <= shape[0]; depth++) {
        at = level(manager, at, depth, readyMillis);
      }
      assertThat(manager.branch(new BranchName(at)).lineage()).hasSize(shape[0] + 1);
      assertThat(manager.checkStore().problems()).isEmpty();
    }
    readyMillis.sort(null);
    LOG.info(
        "first row of a busy branch's child: p50 {} ms, p90 {} ms, most {} ms",
        readyMillis.get(readyMillis.size() / 2),
        readyMillis.get(readyMillis.size() * 9 / 10),
        readyMillis.getLast());
  }

  /** Returns the child to go on in. */
  private String level(BranchManager manager, String parent, int depth, List<Long> readyMillis)
      throws Exception {
    AtomicBoolean working = new AtomicBoolean(true);
    try (Client worker = Client.connect(manager, parent, OWNER)) {
      CompletableFuture<Integer> work =
          CompletableFuture.supplyAsync(() -> work(worker, depth, working));
      int seen = 0;
      for (int child = 0; child < shape[1]; child++) {
        String name = "d%d-%d".formatted(depth, child);
        long start = System.nanoTime();
        manager.createBranch(request(parent, name, Access.OWNER));
        try (Client client = Client.connect(manager, name, OWNER)) {
          String balance = client.one(BALANCE);
          readyMillis.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
          seen = check(name, balance, seen);
          client.run("DELETE FROM sales.item WHERE id = " + depth);
        }
      }
      working.set(false);
      assertThat(work.get(1, TimeUnit.MINUTES)).isGreaterThanOrEqualTo(seen);
    }
    for (int child : IntStream.range(1, shape[1]).toArray()) {
      manager.deleteBranch(new BranchName("d%d-%d".formatted(depth, child)));
    }
    manager.suspendBranch(new BranchName(parent));
    return "d%d-0".formatted(depth);
  }

  /** Both sums are equal, and nothing that an earlier child had is missing. */
  private static int check(String name, String balance, int least) {
    String[] parts = balance.split(" ", -1);
    assertThat(parts[0]).as(name).isEqualTo(parts[1]);
    assertThat(Integer.parseInt(parts[2])).as(name).isGreaterThanOrEqualTo(least);
    return Integer.parseInt(parts[2]);
  }

  private static int work(Client client, int depth, AtomicBoolean working) {
    try {
      int step = Integer.parseInt(client.one("SELECT max(step) FROM sales.work"));
      while (working.get()) {
        step++;
        client.run(
            "INSERT INTO sales.work SELECT %d, i, i, repeat('x', 200) FROM generate_series(1, 20) i"
                .formatted(step));
        client.run(
            "UPDATE sales.item SET price = price + %d WHERE id %% 1000 = %d"
                .formatted(depth, step % 1000));
      }
      return step;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
