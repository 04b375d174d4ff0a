package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineSession;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What a branch of relaxed durability survives, and what becomes of it at a power failure. */
class RelaxedIT {

  private static final String ROWS = "SELECT count(*) FROM sales.kept";
  private static final String UNSYNCED =
      "SELECT name FROM branch WHERE unsynced_boot IS NOT NULL ORDER BY name";

  private static CreateBranch relaxed(String name, BranchName from) {
    return new CreateBranch(
        new BranchName(name),
        Optional.of(from),
        Optional.empty(),
        Optional.empty(),
        Access.OWNER,
        OptionalLong.empty(),
        Durability.RELAXED);
  }

  private static void write(BranchManager manager, String branch, int rows) throws Exception {
    try (Client client = Client.connect(manager, branch, OWNER)) {
      client.run("CREATE TABLE IF NOT EXISTS sales.kept (n int)");
      client.run("INSERT INTO sales.kept SELECT generate_series(1, %d)".formatted(rows));
    }
  }

  private static String rows(BranchManager manager, String branch) throws Exception {
    try (Client client = Client.connect(manager, branch, OWNER)) {
      return client.one(ROWS);
    }
  }

  @Test
  void forksSuspensionsAndRestartsLoseNothing() throws Exception {
    try (BranchLab lab = new BranchLab()) {
      try (BranchManager manager = lab.open(1)) {
        manager.addSource(lab.shop("secret"), event -> {});
        manager.createBranch(relaxed("ci", SHOP));
        assertThat(manager.branch(new BranchName("ci")).durability()).isEqualTo(Durability.RELAXED);
        write(manager, "ci", 1000);
        manager.createBranch(BranchLab.request("ci", "child", Access.OWNER));
        assertThat(rows(manager, "child")).isEqualTo("1000");
        write(manager, "ci", 500);
        manager.suspendBranch(new BranchName("ci"));
        assertThat(unsynced(lab)).isEmpty();
        assertThat(rows(manager, "ci")).isEqualTo("1500");
        assertThat(unsynced(lab)).isEqualTo("ci");
        assertThat(manager.checkStore().problems()).isEmpty();
      }
      try (BranchManager manager = lab.open(0)) {
        assertThat(unsynced(lab)).isEmpty();
        assertThat(rows(manager, "ci")).isEqualTo("1500");
        assertThat(manager.branch(new BranchName("ci")).durability()).isEqualTo(Durability.RELAXED);
        assertThat(rows(manager, "child")).isEqualTo("1000");
      }
    }
  }

  @Test
  void aPowerFailureTakesABranchThatWasAwakeBackToItsSnapshot() throws Exception {
    try (BranchLab lab = new BranchLab()) {
      try (BranchManager manager = lab.open(0)) {
        manager.addSource(lab.shop("secret"), event -> {});
        manager.createBranch(relaxed("ci", SHOP));
        manager.createBranch(relaxed("asleep", SHOP));
        for (String name : new String[] {"ci", "asleep"}) {
          write(manager, name, 10);
          manager.suspendBranch(new BranchName(name));
        }
        catalogue(lab, "UPDATE branch SET unsynced_boot = 'an earlier run' WHERE name = 'ci'");
      }
      try (BranchManager manager = lab.open(0)) {
        try (Client client = Client.connect(manager, "ci", OWNER)) {
          assertThat(client.one("SELECT count(*) FROM sales.item")).isEqualTo("20000");
          assertThat(client.one("SELECT to_regclass('sales.kept') IS NULL")).isEqualTo("t");
        }
        assertThat(rows(manager, "asleep")).isEqualTo("10");
        write(manager, "ci", 5);
      }
      try (BranchManager manager = lab.open(0)) {
        assertThat(rows(manager, "ci")).isEqualTo("5");
      }
    }
  }

  private static Connection catalogue(BranchLab lab) throws Exception {
    Path socket = lab.root.resolve("run/engines/catalogue/.s.PGSQL." + EngineHost.PORT);
    return EngineSession.superuser(socket, "postgres");
  }

  private static void catalogue(BranchLab lab, String sql) throws Exception {
    try (Connection session = catalogue(lab)) {
      Statements.run(session, sql);
    }
  }

  /** The branches that a power failure would spoil. */
  private static String unsynced(BranchLab lab) throws Exception {
    try (Connection session = catalogue(lab)) {
      return String.join(" ", Statements.column(session, UNSYNCED));
    }
  }
}
