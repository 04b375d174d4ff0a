package dev.coppice.server;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Somebody who changes rows of several tables in each transaction, and now and then alters one of
 * them, as a seed says. Nobody records that.
 */
final class AlteringLoad implements AutoCloseable {

  static final String SETUP =
      """
      CREATE TABLE item (id bigserial PRIMARY KEY, name text NOT NULL, price numeric);
      CREATE TABLE sale (id bigserial PRIMARY KEY, item bigint NOT NULL REFERENCES item, n int);
      CREATE TABLE calm (id int PRIMARY KEY, body text);
      INSERT INTO item (name, price) SELECT 'item ' || n, n FROM generate_series(1, 5000) n;
      INSERT INTO sale (item, n) SELECT 1 + n % 5000, n FROM generate_series(1, 20000) n;
      INSERT INTO calm SELECT n, 'calm ' || n FROM generate_series(1, 1000) n;
      """;

  private static final List<String> ALTERED = List.of("item", "sale");
  private static final int MOST_COLUMNS = 6;
  private static final int TRANSACTIONS_PER_ALTERATION = 1_000;

  /** One in so many of them, since all of the source is pulled anew after it. */
  private static final int ALTERATIONS_PER_RENAMING = 10;

  private final ServedShop shop;
  private final Random random;
  private final Map<String, List<String>> columns = new HashMap<>();
  private final CompletableFuture<Void> running;
  private int names;
  private final AtomicLong transactions = new AtomicLong();
  private final AtomicInteger alterations = new AtomicInteger();
  private final AtomicInteger renamings = new AtomicInteger();
  private volatile boolean over;

  AlteringLoad(ServedShop shop, long seed) {
    this.shop = shop;
    this.random = new Random(seed);
    this.running = CompletableFuture.runAsync(this::run, Thread::startVirtualThread);
  }

  private void run() {
    try (Connection session = shop.connect();
        Statement statement = session.createStatement()) {
      statement.execute("SET ROLE " + ServedShop.OWNER);
      session.setAutoCommit(false);
      while (!over) {
        change(statement);
        if (random.nextInt(10) == 0) {
          session.rollback();
          continue;
        }
        session.commit();
        if (transactions.incrementAndGet() % TRANSACTIONS_PER_ALTERATION == 0) {
          alter(statement);
          session.commit();
        }
      }
      // No row tells what was altered after the last one.
      change(statement);
      session.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void change(Statement statement) throws SQLException {
    int id = 1 + random.nextInt(5_000);
    for (String sql :
        List.of(
            "UPDATE item SET price = coalesce(price, 0) + 1 WHERE id = " + id,
            "INSERT INTO item (name) VALUES ('new')",
            "INSERT INTO sale (item, n) VALUES (%d, %d)".formatted(id, random.nextInt(100)),
            "DELETE FROM sale WHERE id = " + random.nextInt(20_000),
            "UPDATE calm SET body = body || '!' WHERE id = " + (1 + id % 1_000))) {
      statement.execute(sql);
    }
  }

  /** Once a row of the same transaction tells of it, once one of another. */
  private void alter(Statement statement) throws SQLException {
    String table = ALTERED.get(random.nextInt(ALTERED.size()));
    List<String> own = columns.computeIfAbsent(table, name -> new ArrayList<>());
    statement.execute("ALTER TABLE " + table + " " + alteration(own));
    alterations.incrementAndGet();
    if (random.nextBoolean()) {
      statement.getConnection().commit();
    }
    String first = own.isEmpty() ? "id" : own.getFirst();
    statement.execute(
        "UPDATE %1$s SET %2$s = %2$s WHERE id %% 50 = %3$d"
            .formatted(table, first, random.nextInt(50)));
  }

  private String alteration(List<String> own) {
    String fresh = "n" + ++names;
    int any = own.isEmpty() ? -1 : random.nextInt(own.size());
    if (any >= 0 && random.nextInt(ALTERATIONS_PER_RENAMING) == 0) {
      renamings.incrementAndGet();
      return "RENAME " + own.set(any, fresh) + " TO " + fresh;
    }
    int kind = any < 0 ? 0 : own.size() >= MOST_COLUMNS ? 1 : random.nextInt(4);
    return switch (kind) {
      case 0 -> {
        own.add(fresh);
        yield "ADD " + fresh + " integer NOT NULL DEFAULT " + names;
      }
      case 1 -> "DROP COLUMN " + own.remove(any);
      case 2 -> {
        String column = own.get(any);
        yield "ALTER %1$s DROP DEFAULT, ALTER %1$s TYPE text, ALTER %1$s SET DEFAULT 'typed'"
            .formatted(column);
      }
      default -> {
        own.add(fresh);
        yield "ADD %s timestamptz DEFAULT clock_timestamp()".formatted(fresh);
      }
    };
  }

  @Override
  public String toString() {
    return "%s transactions, %s alterations, %s of them renamings"
        .formatted(transactions, alterations, renamings);
  }

  /** Returns when nothing will be changed any more. */
  @Override
  public void close() {
    over = true;
    running.join();
  }
}
