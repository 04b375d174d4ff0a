package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static dev.coppice.branches.FollowedShop.SEED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import java.io.IOException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What happens to one source that is followed, from one trouble to the next. */
@TestMethodOrder(OrderAnnotation.class)
class FollowFailuresIT {

  private enum Fault {
    SERVER_RESTARTS,
    NETWORK_ENDS,
    NETWORK_GOES_SILENT
  }

  private static FollowedShop shop;
  private static Forwarder network;

  @BeforeAll
  static void open() throws IOException, SQLException {
    shop = FollowedShop.open();
    network = new Forwarder(shop.lab.productionPort());
    shop.manager().addSource(shop.lab.followedShop(network), event -> {});
  }

  @AfterAll
  static void close() throws IOException {
    try {
      shop.close();
    } finally {
      network.close();
    }
  }

  @AfterEach
  void reconnect() {
    network.pass(shop.lab.productionPort());
    shop.manager().branches().forEach(branch -> shop.manager().deleteBranch(branch.name()));
  }

  @Test
  @Order(1)
  void itGoesOnAfterEachFault() throws Exception {
    List<Fault> faults = new ArrayList<>(List.of(Fault.values()));
    Collections.shuffle(faults, new Random(SEED));
    for (Fault fault : faults) {
      BranchLab.await("following before " + fault, shop::following);
      shop.run("INSERT INTO sales.item (name, price) VALUES ('before', 1)");
      happen(fault);
      awaitNotice(fault.name());
      assertThat(shop.follow().detail()).as("%s", fault).isNotEmpty();
      shop.run("UPDATE sales.item SET price = price + 1 WHERE id % 7 = 0");
      network.pass(shop.lab.productionPort());
      BranchLab.await("following after " + fault, shop::following);
    }
    shop.manager().createBranch(BranchLab.fresh("after"));
    shop.requireEqual("after");
  }

  private static void happen(Fault fault) {
    switch (fault) {
      case SERVER_RESTARTS -> shop.lab.restartProduction();
      case NETWORK_ENDS -> network.cut();
      case NETWORK_GOES_SILENT -> network.goSilent();
    }
  }

  @Test
  @Order(2)
  void aNetworkThatFailsUnderLoadLosesAndRepeatsNothing() throws Exception {
    Random random = new Random(SEED);
    BranchLab.await("following", shop::following);
    try (ProductionLoad load = new ProductionLoad(shop.lab, SEED)) {
      for (int cut = 0; cut < 3; cut++) {
        long enough = shop.follow().changes() + random.nextInt(1_000);
        BranchLab.await(
            "changes, seed " + SEED + ", " + load.changesPerSecond() + " a second",
            () -> shop.follow().changes() > enough);
        network.cut();
        awaitNotice("a network that ends");
        network.pass(shop.lab.productionPort());
        BranchLab.await("following", shop::following);
      }
    }
    shop.manager().createBranch(BranchLab.fresh("after"));
    shop.requireEqual("after");
  }

  private static void awaitNotice(String fault) throws InterruptedException {
    BranchLab.await("notice of " + fault, () -> shop.follow().state() == FollowInfo.State.WAITING);
  }

  @Test
  @Order(3)
  void aSlotThatTheSourceGaveUpLeadsToANewBase() throws Exception {
    shop.manager().createBranch(BranchLab.fresh("old"));
    String slot = shop.follow().slot();
    int rows = Integer.parseInt(shop.one("SELECT count(*) FROM sales.item"));

    network.cut();
    shop.run("INSERT INTO sales.item (name, price) VALUES ('missed', 1)");
    keepLog("1MB");
    try {
      BranchLab.await("the loss of the slot", FollowFailuresIT::slotIsLost);
    } finally {
      keepLog("-1");
    }
    network.pass(shop.lab.productionPort());
    BranchLab.await("another base", () -> shop.following() && !shop.follow().slot().equals(slot));

    shop.manager().createBranch(BranchLab.fresh("new"));
    shop.requireEqual("new");
    try (Client client = Client.connect(shop.manager(), "old", OWNER)) {
      client.run("INSERT INTO sales.item (name, price) VALUES ('own', 1)");
      assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo(String.valueOf(rows + 1));
      assertThat(client.one("SELECT count(*) FROM sales.item WHERE name = 'missed'"))
          .isEqualTo("0");
    }
  }

  private static void keepLog(String size) throws InterruptedException {
    shop.run("ALTER SYSTEM SET max_slot_wal_keep_size = '" + size + "'");
    shop.run("SELECT pg_reload_conf()");
    BranchLab.await("the setting", () -> shop.one("SHOW max_slot_wal_keep_size").equals(size));
  }

  /** Writes more log, and looks. */
  private static boolean slotIsLost() {
    shop.one("SELECT pg_switch_wal() FROM pg_logical_emit_message(false, 'fill', 'x')");
    shop.run("CHECKPOINT");
    return shop.one("SELECT wal_status FROM pg_replication_slots").equals("lost");
  }

  @Test
  @Order(4)
  void aSourceThatIsAwayWhenItIsRemovedIsReleasedLater() throws Exception {
    network.cut();
    shop.manager().removeSource(SHOP);
    assertThat(shop.manager().sources()).isEmpty();
    assertThat(shop.left()).isEqualTo("1");

    shop.restart(() -> network.pass(shop.lab.productionPort()));

    shop.awaitLeft("0");
    assertThat(shop.manager().sources()).isEmpty();
  }
}
