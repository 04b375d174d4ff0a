package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.providers.DefinitionChange;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class FollowedSourceIT {

  private static FollowedShop shop;

  @BeforeAll
  static void open() throws IOException, SQLException {
    shop = FollowedShop.open();
  }

  @AfterAll
  static void close() throws IOException {
    shop.close();
  }

  @AfterEach
  void clear() throws Exception {
    shop.clear();
  }

  @Test
  void aBranchCanHaveWhatProductionHasNow() throws Exception {
    BranchManager manager = shop.manager();
    manager.addSource(shop.lab.followedShop(true), event -> {});
    shop.run("ALTER TABLE sales.item ADD stock int DEFAULT 3");
    shop.run("INSERT INTO sales.item (name, price) VALUES ('first', 1)");
    manager.createBranch(BranchLab.fresh("one"));
    shop.requireEqual("one");

    List<SnapshotInfo> snapshots = manager.snapshots(Optional.of(SHOP));
    assertThat(snapshots).hasSize(2);
    assertThat(snapshots.getLast().sourceLsn()).isPresent();
    Instant between = snapshots.getLast().sourceTime().orElseThrow();
    assertThat(between).isAfter(snapshots.getFirst().sourceTime().orElseThrow());
    manager.createBranch(BranchLab.fresh("same"));
    assertThat(manager.snapshots(Optional.of(SHOP))).as("nothing has changed").hasSize(2);
    assertThat(shop.follow().state()).isEqualTo(FollowInfo.State.FOLLOWING);
    assertThat(shop.follow().lag()).isPresent();
    assertThat(shop.follow().lagBytes()).isPresent();

    manager =
        shop.restart(() -> shop.run("UPDATE sales.item SET name = 'second' WHERE name = 'first'"));
    BranchLab.await("following", shop::following);
    manager.createBranch(BranchLab.fresh("two"));
    shop.requireEqual("two");
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
    assertThat(shop.left()).isEqualTo("0");
  }

  @Test
  void alteredTablesAreCopiedAloneOrWithANewBaseBesideTheOldOne() throws Exception {
    BranchManager manager = shop.manager();
    manager.addSource(shop.lab.followedShop(), event -> {});
    manager.createBranch(BranchLab.fresh("old"));
    String slot = shop.follow().slot();

    shop.run("ALTER TABLE sales.item ADD note text");
    shop.run("INSERT INTO sales.item (name, price, note) VALUES ('late', 1, 'x')");
    manager.createBranch(BranchLab.fresh("same"));
    shop.requireEqual("same");
    assertThat(shop.follow().slot()).as("the first base").isEqualTo(slot);

    shop.run("ALTER TABLE sales.item RENAME price TO cost");
    shop.run("INSERT INTO sales.item (name, cost, note) VALUES ('late', 1, 'x')");
    BranchLab.await("another base", () -> shop.following() && !shop.follow().slot().equals(slot));

    shop.run("INSERT INTO sales.item (name, cost, note) VALUES ('later', 1, 'y')");
    manager.createBranch(BranchLab.fresh("new"));
    shop.requireEqual("new");
    try (Client client = Client.connect(manager, "old", OWNER)) {
      assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20000");
    }
    manager.resetBranch(new BranchName("old"), Optional.empty());
    shop.awaitLeft("1");
  }

  @Test
  void aRenewalThatCouldNotBeFollowedLeavesTheOldBaseAsItIs() throws Exception {
    BranchManager manager = shop.manager();
    shop.run("CREATE PUBLICATION coppice FOR TABLE sales.item");
    try {
      manager.addSource(shop.lab.followedShop(), event -> {});
      BranchLab.await("following", shop::following);

      shop.run("ALTER PUBLICATION coppice SET (publish = 'insert')");
      shop.run("ALTER TABLE sales.item RENAME price TO cost");
      shop.run("INSERT INTO sales.item (name, cost) VALUES ('late', 1)");

      BranchLab.await("the reason", () -> shop.follow().detail().contains("cannot be followed"));
      assertThat(shop.follow().state()).isEqualTo(FollowInfo.State.STOPPED);
      assertThat(shop.one("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
      manager.createBranch(BranchLab.request("shop", "old", Access.OWNER));
      try (Client client = Client.connect(manager, "old", OWNER)) {
        assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20000");
      }
    } finally {
      shop.run("DROP PUBLICATION coppice");
    }
  }

  @Test
  void newSnapshotsAndWhatIsNotStreamedComeByThemselves() throws Exception {
    BranchManager manager = shop.hurry();
    try {
      shop.run(
          "SET ROLE "
              + OWNER
              + "; CREATE UNLOGGED TABLE sales.cache (k int PRIMARY KEY);"
              + " CREATE SEQUENCE sales.number;"
              + " CREATE MATERIALIZED VIEW sales.total AS SELECT count(*) AS items FROM sales.item");
      manager.addSource(shop.lab.followedShop(), event -> {});

      shop.run("INSERT INTO sales.item (name, price) VALUES ('streamed', 1)");
      shop.run("INSERT INTO sales.cache VALUES (1)");
      shop.run("SELECT setval('sales.number', 4711)");

      AtomicInteger branches = new AtomicInteger();
      BranchLab.await("a snapshot that has it all", () -> newest("b" + branches.incrementAndGet()));
      assertThat(shop.follow().state()).isEqualTo(FollowInfo.State.FOLLOWING);
    } finally {
      shop.restart(() -> {});
    }
  }

  @Test
  void whatNoRowTellsOfIsMadeOrNamedAndTheRowsGoOn() throws Exception {
    BranchManager manager = shop.hurry();
    try {
      manager.addSource(shop.lab.followedShop(), event -> {});
      BranchLab.await("the first look", () -> watched().comparedAt().isPresent());
      assertThat(watched().differing()).isEmpty();
      Instant since = watched().since().orElseThrow();
      shop.run(
          "CREATE VIEW sales.cheap AS SELECT * FROM sales.item WHERE price < 10;"
              + " CREATE FUNCTION sales.total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM sales.item';"
              + " GRANT SELECT ON sales.item TO public;"
              + " CREATE INDEX item_price ON sales.item (price);"
              + " ALTER TABLE sales.item ADD CHECK (price >= 0)");
      BranchLab.await("what is only named", () -> differing().size() == 3);
      assertThat(differing())
          .containsExactlyInAnyOrder(
              "view sales.cheap is new",
              "grants of sales.item is new",
              "function sales.total() is new");

      shop.run("ALTER TABLE sales.item ADD origin text DEFAULT 'here'");
      AtomicInteger branches = new AtomicInteger();
      BranchLab.await("all of it", () -> altered("a" + branches.incrementAndGet()));
      shop.requireEqual("a" + branches.get());
      BranchLab.await("only the others", () -> differing().size() == 3);
      assertThat(shop.follow().state()).isEqualTo(FollowInfo.State.FOLLOWING);

      shop.restart(() -> shop.run("DROP VIEW sales.cheap"));
      BranchLab.await("those that are left", () -> differing().size() == 2);
      assertThat(watched().since()).contains(since);

      String slot = shop.follow().slot();
      shop.manager().renewSource(SHOP);
      BranchLab.await("another base", () -> !shop.follow().slot().equals(slot));
      BranchLab.await("a look at it", () -> watched().comparedAt().isPresent());
      assertThat(watched().differing()).isEmpty();
      shop.manager().createBranch(BranchLab.request("shop", "new", Access.OWNER));
      try (Client client = Client.connect(shop.manager(), "new", OWNER)) {
        assertThat(client.one("SELECT sales.total()")).isEqualTo("20000");
      }
    } finally {
      shop.restart(() -> {});
    }
  }

  @Test
  void recordedDefinitionsAreNotCompared() throws Exception {
    BranchManager manager = shop.hurry();
    try {
      manager.addSource(shop.lab.followedShop(true), event -> {});
      assertThat(shop.follow().watched()).isEmpty();
    } finally {
      shop.restart(() -> {});
    }
  }

  /** Whether a branch of the newest snapshot has what came without a row. */
  private static boolean altered(String branch) {
    shop.manager().createBranch(BranchLab.request("shop", branch, Access.OWNER));
    try (Client client = Client.connect(shop.manager(), branch, OWNER)) {
      return client
          .one(
              "SELECT (SELECT count(*) FROM pg_attribute WHERE attname = 'origin')"
                  + " + (SELECT count(*) FROM pg_constraint WHERE conname = 'item_price_check')"
                  + " + (SELECT count(*) FROM pg_indexes WHERE indexname = 'item_price')")
          .equals("3");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static DefinitionInfo watched() {
    return shop.follow().watched().orElseThrow();
  }

  private static List<String> differing() {
    return watched().differing().stream().map(DefinitionChange::readable).toList();
  }

  /** Whether a branch of the newest snapshot has what came after the pull. */
  private static boolean newest(String branch) {
    shop.manager().createBranch(BranchLab.request("shop", branch, Access.OWNER));
    try (Client client = Client.connect(shop.manager(), branch, OWNER)) {
      return client
          .one(
              "SELECT (SELECT count(*) FROM sales.item WHERE name = 'streamed') || ' '"
                  + " || (SELECT count(*) FROM sales.cache) || ' ' || last_value || ' '"
                  + " || (SELECT items FROM sales.total) FROM sales.number")
          .equals("1 1 4711 20001");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
