package dev.coppice.server;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Somebody who changes rows of a database and now and then its tables, as a seed says. */
final class DefiningLoad implements AutoCloseable {

  static final String SETUP =
      """
      CREATE TABLE item (id bigserial PRIMARY KEY, name text NOT NULL, price numeric);
      INSERT INTO item (name, price) SELECT 'item ' || n, n FROM generate_series(1, 5000) n;
      """;

  private static final int MOST_COLUMNS = 6;
  private static final int TRANSACTIONS_PER_DEFINITION = 100;

  private final ServedShop shop;
  private final Random random;
  private final List<String> columns = new ArrayList<>();
  private final CompletableFuture<Void> running;
  private int names;
  private final AtomicLong rows = new AtomicLong();
  private final AtomicInteger definitions = new AtomicInteger();
  private volatile boolean over;

  DefiningLoad(ServedShop shop, long seed) {
    this.shop = shop;
    this.random = new Random(seed);
    this.running = CompletableFuture.runAsync(this::run, Thread::startVirtualThread);
  }

  private void run() {
    try (Connection session = shop.connect();
        Statement statement = session.createStatement()) {
      statement.execute("SET ROLE " + ServedShop.OWNER);
      session.setAutoCommit(false);
      for (int transaction = 1; !over; transaction++) {
        for (int i = random.nextInt(6); i >= 0; i--) {
          rows.addAndGet(statement.executeUpdate(change()));
        }
        if (transaction % TRANSACTIONS_PER_DEFINITION == 0) {
          define(statement);
        } else if (random.nextInt(10) == 0) {
          session.rollback();
          continue;
        }
        session.commit();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private String change() {
    int id = 1 + random.nextInt(5_000);
    return switch (random.nextInt(100)) {
      case 0 -> "DELETE FROM item WHERE id = " + id;
      case 1 -> "INSERT INTO item (name) SELECT 'many ' || n FROM generate_series(1, 200) n";
      case 2, 3, 4, 5 -> "INSERT INTO item (name, price) VALUES ('new', " + id + ")";
      default -> "UPDATE item SET price = coalesce(price, 0) + 1 WHERE id = " + id;
    };
  }

  /** Once without a transaction's other statements, once among them. */
  private void define(Statement statement) throws SQLException {
    if (random.nextBoolean()) {
      statement.getConnection().commit();
    }
    for (String sql : definition()) {
      statement.execute(sql);
    }
    definitions.incrementAndGet();
  }

  private List<String> definition() {
    String fresh = "n" + ++names;
    int any = columns.isEmpty() ? -1 : random.nextInt(columns.size());
    int kind = any < 0 ? 0 : columns.size() >= MOST_COLUMNS ? 1 : random.nextInt(6);
    return switch (kind) {
      case 0 -> {
        columns.add(fresh);
        yield List.of(
            "ALTER TABLE item ADD " + fresh + " integer DEFAULT " + names,
            "UPDATE item SET " + fresh + " = id WHERE id % 50 = " + names % 50);
      }
      case 1 -> List.of("ALTER TABLE item DROP COLUMN " + columns.remove(any));
      case 2 ->
          List.of(
              "ALTER TABLE item RENAME " + columns.set(any, fresh) + " TO " + fresh,
              "INSERT INTO item (name, " + fresh + ") VALUES ('renamed', 1)");
      case 3 -> {
        String column = columns.get(any);
        yield List.of(
            "ALTER TABLE item ALTER " + column + " DROP DEFAULT, ALTER " + column + " TYPE text",
            "INSERT INTO item (name, " + column + ") VALUES ('typed', 'x')");
      }
      case 4 -> List.of("CREATE INDEX " + fresh + " ON item (" + columns.get(any) + ")");
      default ->
          List.of(
              "CREATE TABLE " + fresh + " (id serial PRIMARY KEY, note text)",
              "INSERT INTO " + fresh + " (note) SELECT 'row ' || n FROM generate_series(1, 20) n");
    };
  }

  @Override
  public String toString() {
    return rows + " rows changed, " + definitions + " definitions";
  }

  /** Returns when nothing will be changed any more. */
  @Override
  public void close() {
    over = true;
    running.join();
  }
}
