package dev.coppice.benchmarks;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A client for each of many branches, which writes and reads a row of pgbench's every second. */
final class LightLoad implements AutoCloseable {

  private static final long PAUSE_MILLIS = 1_000;
  private static final int ROWS = 100_000;

  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final CountDownLatch connected;
  private final AtomicLong errors = new AtomicLong();
  private final List<Double> connectMillis = Collections.synchronizedList(new ArrayList<>());
  private final List<Double> statementMillis = Collections.synchronizedList(new ArrayList<>());

  private LightLoad(int number) {
    connected = new CountDownLatch(number);
  }

  /** All connect at the same time. */
  static LightLoad start(List<String> urls) {
    LightLoad load = new LightLoad(urls.size());
    for (int i = 0; i < urls.size(); i++) {
      String url = urls.get(i);
      Random random = new Random(i);
      load.clients.execute(() -> load.client(url, random));
    }
    return load;
  }

  private void client(String url, Random random) {
    long start = System.nanoTime();
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute("select 1");
      connectMillis.add((System.nanoTime() - start) / 1e6);
      connected.countDown();
      while (!ended.await(random.nextLong(2 * PAUSE_MILLIS), TimeUnit.MILLISECONDS)) {
        long before = System.nanoTime();
        work(statement, 1 + random.nextInt(ROWS));
        statementMillis.add((System.nanoTime() - before) / 1e6);
      }
    } catch (SQLException e) {
      errors.incrementAndGet();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connected.countDown();
    }
  }

  private static void work(Statement statement, int row) throws SQLException {
    statement.execute(
        "update pgbench_accounts set abalance = abalance + 1 where aid = %d".formatted(row));
    statement.execute("select abalance from pgbench_accounts where aid = %d".formatted(row));
  }

  /** Lets them work so long once all are connected. */
  void run(int seconds) throws InterruptedException {
    connected.await();
    TimeUnit.SECONDS.sleep(seconds);
  }

  void end() {
    ended.countDown();
    clients.close();
  }

  long errors() {
    return errors.get();
  }

  double[] connectMillis() {
    return values(connectMillis);
  }

  double[] statementMillis() {
    return values(statementMillis);
  }

  private static double[] values(List<Double> list) {
    synchronized (list) {
      return list.stream().mapToDouble(Double::doubleValue).toArray();
    }
  }

  @Override
  public void close() {
    end();
  }
}
