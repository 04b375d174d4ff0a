package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.OWNER;
import static dev.coppice.branches.BranchLab.SHOP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** A production database and a manager that can follow it, shared by the tests of a class. */
final class FollowedShop implements AutoCloseable {

  static final long SEED = Long.getLong("coppice.follow.seed", 20_261_123);

  private static final String LEFT =
      "SELECT greatest((SELECT count(*) FROM pg_replication_slots),"
          + " (SELECT count(*) FROM pg_publication),"
          + " (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'coppice%'))";

  final BranchLab lab;
  private BranchManager manager;

  private FollowedShop(BranchLab lab) {
    this.lab = lab;
    this.manager = lab.open(0);
  }

  static FollowedShop open() throws IOException, SQLException {
    BranchLab lab = BranchLab.logical();
    try {
      return new FollowedShop(lab);
    } catch (RuntimeException e) {
      lab.close();
      throw e;
    }
  }

  BranchManager manager() {
    return manager;
  }

  /** Ends the manager, and starts another on the same directories once that work is done. */
  BranchManager restart(RestartWork between) throws Exception {
    manager.close();
    try {
      between.run();
    } finally {
      manager = lab.open(0);
    }
    return manager;
  }

  /** Starts a manager that seals and refreshes what it follows each second. */
  BranchManager hurry() {
    manager.close();
    manager = lab.openFresh(Duration.ofSeconds(1));
    return manager;
  }

  @FunctionalInterface
  interface RestartWork {
    void run() throws Exception;
  }

  /** Leaves neither branches nor the source, and production as it was at first. */
  void clear() throws SQLException, InterruptedException {
    for (BranchInfo branch : manager.branches()) {
      manager.deleteBranch(branch.name());
    }
    for (SourceInfo source : manager.sources()) {
      manager.removeSource(source.name());
    }
    awaitLeft("0");
    lab.fillShop();
  }

  /** How much of ours there is on the source: a slot, a publication, a recorder. */
  void awaitLeft(String most) throws InterruptedException {
    BranchLab.await("the release", () -> one(LEFT).equals(most));
  }

  String left() {
    return one(LEFT);
  }

  FollowInfo follow() {
    return manager.source(SHOP).follow().orElseThrow();
  }

  boolean following() {
    FollowInfo follow = follow();
    return follow.state() == FollowInfo.State.FOLLOWING && follow.lag().isPresent();
  }

  void run(String sql) {
    try (Connection session = lab.production("shop")) {
      Statements.run(session, sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  String one(String sql) {
    try (Connection session = lab.production("shop")) {
      return Statements.column(session, sql).getFirst();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  void requireEqual(String branch) throws Exception {
    try (Connection there = lab.production("shop");
        Client here = Client.connect(manager, branch, OWNER)) {
      boolean equal = ProductionLoad.rows(here.connection).equals(ProductionLoad.rows(there));
      assertThat(equal).as("seed %d", SEED).isTrue();
    }
  }

  @Override
  public void close() throws IOException {
    try {
      manager.close();
    } finally {
      lab.close();
    }
  }
}
