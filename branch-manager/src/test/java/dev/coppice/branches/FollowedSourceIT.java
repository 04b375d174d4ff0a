package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class FollowedSourceIT {

  private static final Logger LOG = LoggerFactory.getLogger(FollowedSourceIT.class);
  private static final long SEED = Long.getLong("coppice.follow.seed", 20_261_123);

  /** 20 with {@code -Dcoppice.follow.kills=20}. */
  private static final int KILLS = Integer.getInteger("coppice.follow.kills", 3);

  @Test
  void aBranchCanHaveWhatProductionHasNow() throws Exception {
    try (BranchLab lab = BranchLab.logical()) {
      Instant between;
      try (BranchManager manager = lab.open(0)) {
        manager.addSource(lab.followedShop(true), event -> {});
        change(lab, "ALTER TABLE sales.item ADD stock int DEFAULT 3");
        change(lab, "INSERT INTO sales.item (name, price) VALUES ('first', 1)");
        manager.createBranch(BranchLab.fresh("one"));
        requireEqual(lab, manager, "one");

        List<SnapshotInfo> snapshots = manager.snapshots(Optional.of(SHOP));
        assertThat(snapshots).hasSize(2);
        assertThat(snapshots.getLast().sourceLsn()).isPresent();
        assertThat(snapshots.getLast().sourceTime().orElseThrow())
            .isAfter(snapshots.getFirst().sourceTime().orElseThrow());
        between = snapshots.getLast().sourceTime().orElseThrow();
        manager.createBranch(BranchLab.fresh("same"));
        assertThat(manager.snapshots(Optional.of(SHOP))).as("nothing has changed").hasSize(2);
        FollowInfo follow = manager.source(SHOP).follow().orElseThrow();
        assertThat(follow.state()).isEqualTo(FollowInfo.State.FOLLOWING);
        assertThat(follow.lag()).isPresent();
        assertThat(follow.lagBytes()).isPresent();
      }
      change(lab, "UPDATE sales.item SET name = 'second' WHERE name = 'first'");
      try (BranchManager manager = lab.open(0)) {
        BranchLab.await("following", () -> following(manager));
        manager.createBranch(BranchLab.fresh("two"));
        requireEqual(lab, manager, "two");
        try (Client client = Client.connect(manager, "two", OWNER)) {
          client.run("INSERT INTO sales.item (name, price) VALUES ('own', 1)");
          assertThat(client.one("SELECT count(*) FROM pg_replication_origin")).isEqualTo("0");
        }
        manager.createBranch(BranchLab.request("shop@" + between, "before", Access.OWNER));
        try (Client client = Client.connect(manager, "before", OWNER)) {
          assertThat(client.one("SELECT name FROM sales.item ORDER BY id DESC LIMIT 1"))
              .isEqualTo("first");
        }
        for (BranchInfo branch : manager.branches()) {
          manager.deleteBranch(branch.name());
        }
        manager.removeSource(SHOP);
        assertThat(left(lab)).isEqualTo("0");
      }
    }
  }

  @Test
  void aLostSlotLeadsToANewBaseBesideTheOldOne() throws Exception {
    try (BranchLab lab = BranchLab.logical();
        BranchManager manager = lab.open(0)) {
      manager.addSource(lab.followedShop(), event -> {});
      manager.createBranch(BranchLab.fresh("old"));
      String slot = manager.source(SHOP).follow().orElseThrow().slot();

      change(lab, "ALTER TABLE sales.item ADD note text");
      change(lab, "INSERT INTO sales.item (name, price, note) VALUES ('late', 1, 'x')");
      BranchLab.await(
          "another base",
          () ->
              following(manager)
                  && !manager.source(SHOP).follow().orElseThrow().slot().equals(slot));

      change(lab, "INSERT INTO sales.item (name, price, note) VALUES ('later', 1, 'y')");
      manager.createBranch(BranchLab.fresh("new"));
      requireEqual(lab, manager, "new");
      try (Client client = Client.connect(manager, "old", OWNER)) {
        assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20000");
      }
      manager.resetBranch(new BranchName("old"), Optional.empty());
      BranchLab.await("the old slot's end", () -> left(lab).equals("1"));
    }
  }

  @Test
  void killsLoseAndRepeatNothing() throws Exception {
    Random random = new Random(SEED);
    try (BranchLab lab = BranchLab.logical()) {
      try (BranchManager manager = lab.open(0)) {
        manager.addSource(lab.followedShop(), event -> {});
      }
      ProductionLoad load = new ProductionLoad(lab, SEED);
      try {
        for (int kill = 0; kill < KILLS; kill++) {
          // While it makes up for what it missed, and while it is in step.
          int after = random.nextInt(kill % 2 == 0 ? 4_000 : 12_000);
          try (DoomedProcess server =
              DoomedProcess.start(
                  lab,
                  DoomedServer.class,
                  changes -> Integer.parseInt(changes) > after,
                  List.of("follow"))) {
            server.awaitKilled();
          }
          LOG.info("kill {} of {}; {} changes a second", kill + 1, KILLS, load.changesPerSecond());
        }
      } finally {
        load.close();
      }
      try (BranchManager manager = lab.open(0)) {
        BranchLab.await("following", () -> following(manager));
        manager.createBranch(BranchLab.fresh("after"));
        requireEqual(lab, manager, "after");
      }
    }
  }

  private static boolean following(BranchManager manager) {
    return manager
        .source(SHOP)
        .follow()
        .filter(follow -> follow.state() == FollowInfo.State.FOLLOWING && follow.lag().isPresent())
        .isPresent();
  }

  private static void change(BranchLab lab, String sql) throws SQLException {
    try (Connection session = lab.production("shop")) {
      Statements.run(session, sql);
    }
  }

  private static String left(BranchLab lab) {
    try (Connection session = lab.production("shop")) {
      return Statements.column(
              session,
              "SELECT greatest((SELECT count(*) FROM pg_replication_slots),"
                  + " (SELECT count(*) FROM pg_publication),"
                  + " (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'coppice%'))")
          .getFirst();
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
