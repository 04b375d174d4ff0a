package dev.coppice.branches;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** Customers of a database, who change it all the time as a seed says. */
final class CustomerLoad implements AutoCloseable {

  @FunctionalInterface
  interface Sessions {
    Connection open() throws SQLException;
  }

  private final Sessions sessions;
  private final List<String> changes;
  private final AtomicLong made = new AtomicLong();
  private final CompletableFuture<Void> running;
  private volatile boolean over;

  /**
   * @param sessions of a superuser
   * @param changes with {@code %1$d} for a number from 1 to 4000
   */
  CustomerLoad(Sessions sessions, List<String> changes, long seed) {
    this.sessions = sessions;
    this.changes = List.copyOf(changes);
    this.running = CompletableFuture.runAsync(() -> run(new Random(seed)));
  }

  private void run(Random random) {
    try (Connection session = sessions.open();
        Statement statement = session.createStatement()) {
      // The functions of the look-alikes' missing libraries only fail.
      statement.execute("SET session_replication_role = replica");
      session.setAutoCommit(false);
      while (!over) {
        for (int i = random.nextInt(20); i >= 0; i--) {
          String change = changes.get(random.nextInt(changes.size()));
          made.addAndGet(statement.executeUpdate(change.formatted(1 + random.nextInt(4_000))));
        }
        session.commit();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many rows were changed so far. */
  long made() {
    if (running.isCompletedExceptionally()) {
      running.join();
    }
    return made.get();
  }

  /** Returns when nothing will be changed any more. */
  @Override
  public void close() {
    over = true;
    running.join();
  }
}
