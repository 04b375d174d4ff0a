package dev.coppice.branches;

import java.io.StringWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.postgresql.PGConnection;

/** Somebody who changes the production database all the time, as a seed says. */
final class ProductionLoad implements AutoCloseable {

  private final BranchLab lab;
  private final CompletableFuture<Void> running;
  private final AtomicLong changes = new AtomicLong();
  private final long began = System.nanoTime();
  private volatile boolean over;

  ProductionLoad(BranchLab lab, long seed) {
    this.lab = lab;
    this.running = CompletableFuture.runAsync(() -> run(new Random(seed)));
  }

  private void run(Random random) {
    try (Connection session = lab.production("shop")) {
      session.setAutoCommit(false);
      while (!over) {
        int statements = 1 + random.nextInt(6);
        for (int i = 0; i < statements; i++) {
          changes.addAndGet(change(session, random));
        }
        if (random.nextInt(10) == 0) {
          session.rollback();
        } else {
          session.commit();
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns how many rows it was. */
  private static int change(Connection session, Random random) throws SQLException {
    try (Statement statement = session.createStatement()) {
      return statement.executeUpdate(change(random));
    }
  }

  /** So far, in rows. */
  long changesPerSecond() {
    return changes.get() * 1_000_000_000L / (System.nanoTime() - began);
  }

  private static String change(Random random) {
    int id = 1 + random.nextInt(20_000);
    return switch (random.nextInt(400)) {
      case 0, 10, 11, 12, 13 -> "DELETE FROM sales.item WHERE id = " + id;
      case 1 ->
          "INSERT INTO sales.item (name, price) SELECT 'many ' || n, n FROM generate_series(1, 500) n";
      case 2, 3, 4, 5, 6, 7, 8, 9 ->
          "INSERT INTO sales.item (name, price) VALUES ('new', " + id + ")";
      default -> "UPDATE sales.item SET price = price + 1 WHERE id = " + id;
    };
  }

  /** All rows of the table, in the order of its key. */
  static String rows(Connection session) throws SQLException {
    StringWriter out = new StringWriter();
    try {
      session
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyOut("COPY (SELECT * FROM sales.item ORDER BY id) TO STDOUT", out);
    } catch (java.io.IOException e) {
      throw new SQLException(e);
    }
    return out.toString();
  }

  /** Returns when nothing will be changed any more. */
  @Override
  public void close() {
    over = true;
    running.join();
  }
}
