package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What happens to a source that is followed. */
class FollowFailuresIT {

  private static final long SEED = Long.getLong("coppice.follow.seed", 20_261_123);

  private static final String LEFT =
      "SELECT greatest((SELECT count(*) FROM pg_replication_slots),"
          + " (SELECT count(*) FROM pg_publication))";

  private enum Fault {
    SERVER_RESTARTS,
    NETWORK_ENDS,
    NETWORK_GOES_SILENT
  }

  @Test
  void itGoesOnAfterEachFault() throws Exception {
    List<Fault> faults = new ArrayList<>(List.of(Fault.values()));
    Random random = new Random(SEED);
    Collections.shuffle(faults, random);
    try (BranchLab lab = BranchLab.logical();
        Forwarder network = new Forwarder(lab.production.port());
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.followedShop(network), event -> {});
      for (Fault fault : faults) {
        BranchLab.await("following before " + fault, () -> following(manager));
        run(lab, "INSERT INTO sales.item (name, price) VALUES ('before', 1)");
        happen(fault, lab, network);
        BranchLab.await("notice of " + fault, () -> state(manager) == FollowInfo.State.WAITING);
        assertThat(follow(manager).detail()).as("%s", fault).isNotEmpty();
        run(lab, "UPDATE sales.item SET price = price + 1 WHERE id % 7 = 0");
        network.pass(lab.production.port());
        BranchLab.await("following after " + fault, () -> following(manager));
      }
      manager.createBranch(BranchLab.fresh("after"));
      requireEqual(lab, manager, "after");
    }
  }

  private static void happen(Fault fault, BranchLab lab, Forwarder network) {
    switch (fault) {
      case SERVER_RESTARTS -> lab.restartProduction();
      case NETWORK_ENDS -> network.cut();
      case NETWORK_GOES_SILENT -> network.goSilent();
    }
  }

  @Test
  void aNetworkThatFailsUnderLoadLosesAndRepeatsNothing() throws Exception {
    Random random = new Random(SEED);
    try (BranchLab lab = BranchLab.logical();
        Forwarder network = new Forwarder(lab.production.port());
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.followedShop(network), event -> {});
      try (ProductionLoad load = new ProductionLoad(lab, SEED)) {
        for (int cut = 0; cut < 3; cut++) {
          long enough = follow(manager).changes() + random.nextInt(1_000);
          BranchLab.await(
              "changes, seed " + SEED + ", " + load.changesPerSecond() + " a second",
              () -> follow(manager).changes() > enough);
          network.cut();
          BranchLab.await("notice", () -> state(manager) == FollowInfo.State.WAITING);
          network.pass(lab.production.port());
          BranchLab.await("following", () -> following(manager));
        }
      }
      manager.createBranch(BranchLab.fresh("after"));
      requireEqual(lab, manager, "after");
    }
  }

  @Test
  void aSlotThatTheSourceGaveUpLeadsToANewBase() throws Exception {
    try (BranchLab lab = BranchLab.keepingLog("1MB");
        Forwarder network = new Forwarder(lab.production.port());
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.followedShop(network), event -> {});
      manager.createBranch(BranchLab.fresh("old"));
      String slot = follow(manager).slot();

      network.cut();
      run(lab, "INSERT INTO sales.item (name, price) VALUES ('missed', 1)");
      BranchLab.await("the loss of the slot", () -> lost(lab));
      network.pass(lab.production.port());
      BranchLab.await(
          "another base", () -> following(manager) && !follow(manager).slot().equals(slot));

      manager.createBranch(BranchLab.fresh("new"));
      requireEqual(lab, manager, "new");
      try (Client client = Client.connect(manager, "old", OWNER)) {
        client.run("INSERT INTO sales.item (name, price) VALUES ('own', 1)");
        assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20001");
        assertThat(client.one("SELECT count(*) FROM sales.item WHERE name = 'missed'"))
            .isEqualTo("0");
      }
    }
  }

  @Test
  void aSourceThatIsAwayWhenItIsRemovedIsReleasedLater() throws Exception {
    try (BranchLab lab = BranchLab.logical();
        Forwarder network = new Forwarder(lab.production.port())) {
      try (BranchManager manager = lab.open(0)) {
        manager.addSource(lab.followedShop(network), event -> {});
        network.cut();
        manager.removeSource(SHOP);
        assertThat(manager.sources()).isEmpty();
        assertThat(one(lab, LEFT)).isEqualTo("1");
      }
      network.pass(lab.production.port());
      try (BranchManager manager = lab.open(0)) {
        BranchLab.await("the release", () -> one(lab, LEFT).equals("0"));
        assertThat(manager.sources()).isEmpty();
      }
    }
  }

  /** Writes more log, and looks. */
  private static boolean lost(BranchLab lab) {
    one(lab, "SELECT pg_switch_wal() FROM pg_logical_emit_message(false, 'fill', 'x')");
    run(lab, "CHECKPOINT");
    return one(lab, "SELECT wal_status FROM pg_replication_slots").equals("lost");
  }

  private static FollowInfo follow(BranchManager manager) {
    return manager.source(SHOP).follow().orElseThrow();
  }

  private static FollowInfo.State state(BranchManager manager) {
    return follow(manager).state();
  }

  private static boolean following(BranchManager manager) {
    FollowInfo follow = follow(manager);
    return follow.state() == FollowInfo.State.FOLLOWING && follow.lag().isPresent();
  }

  private static void run(BranchLab lab, String sql) {
    try (Connection session = lab.production("shop")) {
      Statements.run(session, sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String one(BranchLab lab, String sql) {
    try (Connection session = lab.production("shop")) {
      return Statements.column(session, sql).getFirst();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void requireEqual(BranchLab lab, BranchManager manager, String branch)
      throws Exception {
    try (Connection there = lab.production("shop");
        Client here = Client.connect(manager, branch, OWNER)) {
      boolean equal = ProductionLoad.rows(here.connection).equals(ProductionLoad.rows(there));
      assertThat(equal).as("seed %d", SEED).isTrue();
    }
  }
}
