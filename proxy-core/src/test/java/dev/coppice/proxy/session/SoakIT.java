package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.Refusal;
import java.io.File;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients that come and go in every way, and a branch that is reset under them; then nothing is
 * left. For long: {@code -Dcoppice.soak=20m}; {@code -Dcoppice.seed=…} to repeat.
 */
@ExtendWith(LeakGuard.class)
class SoakIT {

  private static final Duration DURATION =
      Duration.parse("PT" + System.getProperty("coppice.soak", "6s"));

  private static final long SEED = Long.getLong("coppice.seed", System.nanoTime());
  private static final int CLIENTS = 12;

  /** In seconds not everything has been loaded and pooled when the comparison begins. */
  private static final long MOST_GROWTH_BYTES =
      (DURATION.compareTo(Duration.ofMinutes(2)) < 0 ? 128L : 24L) << 20;

  /** Libraries are opened when something in them is needed. */
  private static final int MOST_GROWTH_DESCRIPTORS = 40;

  private static final Refusal RESET =
      new Refusal("branch_reset", "57P01", "branch \"pr-1\" is being reset", "Connect again.");

  private final AtomicLong visits = new AtomicLong();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();

  /** What a quiet proxy holds. */
  private record Holdings(long heapBytes, long bufferBytes, int descriptors) {}

  @Test
  void nothingIsLeft(@TempDir Path directory) throws Exception {
    try (ProxyFixture fixture = new ProxyFixture(directory)) {
      // What is loaded and pooled once is there after the first part.
      load(fixture, DURATION.dividedBy(3), SEED);
      Holdings before = quiet(fixture);
      load(fixture, DURATION.dividedBy(3).multipliedBy(2), SEED + 1);
      Holdings after = quiet(fixture);
      System.err.printf("%d visits, %s, then %s%n", visits.get(), before, after);
      assertThat(after.heapBytes)
          .as("-Dcoppice.seed=%d", SEED)
          .isLessThan(before.heapBytes + MOST_GROWTH_BYTES);
      assertThat(after.bufferBytes).isLessThan(before.bufferBytes + MOST_GROWTH_BYTES);
      assertThat(after.descriptors)
          .isLessThanOrEqualTo(before.descriptors + MOST_GROWTH_DESCRIPTORS);
    }
  }

  private void load(ProxyFixture fixture, Duration duration, long seed) throws Exception {
    long deadline = System.nanoTime() + duration.toNanos();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      Random random = new Random(seed * CLIENTS + i);
      threads.add(
          Thread.ofPlatform()
              .name("soak-" + i)
              .start(() -> {
                while (System.nanoTime() < deadline && failure.get() == null) {
                  visit(fixture, random);
                }
              }));
    }
    while (System.nanoTime() < deadline && failure.get() == null) {
      TimeUnit.MILLISECONDS.sleep(300);
      fixture.branches.end(RESET);
      fixture.engine.sql(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'");
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failure.get()).as("-Dcoppice.seed=%d", seed).isNull();
  }

  /** Lost connections are what the load is about; anything else is not. */
  private void visit(ProxyFixture fixture, Random random) {
    visits.incrementAndGet();
    try {
      int kind = random.nextInt(10);
      if (kind < 3) {
        driver(fixture, random);
      } else {
        raw(fixture, kind, random);
      }
    } catch (SQLException | UncheckedIOException e) {
      assertThat(e).isNotNull();
    } catch (RuntimeException | AssertionError e) {
      failure.compareAndSet(null, e);
    }
  }

  private static void driver(ProxyFixture fixture, Random random) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", "app.pr-1");
    properties.setProperty("password", TestBranches.PASSWORD);
    properties.setProperty("sslmode", random.nextBoolean() ? "require" : "disable");
    try (java.sql.Connection connection =
            DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:%d/shop".formatted(fixture.port()), properties);
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT repeat('x', %d)".formatted(random.nextInt(300_000)));
      if (random.nextBoolean()) {
        statement.setQueryTimeout(1);
        statement.execute("SELECT pg_sleep(%d)".formatted(random.nextInt(3)));
      }
    }
  }

  private static void raw(ProxyFixture fixture, int kind, Random random) {
    RawClient client = new RawClient(fixture.port());
    try {
      switch (kind) {
        case 3 -> client.startup("app.pr-1");
        case 4 -> client.send(new byte[] {'G', 'E', 'T', ' ', '/'});
        case 5 -> client.logIn();
        case 6 -> {
          client.logIn(RawClient.query("SELECT 1"), RawClient.terminate());
          client.readRawToEnd();
        }
        case 7 -> {
          client.logIn(RawClient.query("CREATE TEMP TABLE t (a text); COPY t FROM STDIN"));
          client.readUntil('G');
          client.send(RawClient.message('d', new byte[random.nextInt(100_000)]));
        }
        case 8 -> {
          client.logIn(
              RawClient.query(
                  "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 5000)) TO STDOUT"));
          client.readUntil('d');
        }
        default -> client.logIn(RawClient.query("SELECT pg_sleep(5)"));
      }
    } finally {
      if (random.nextBoolean()) {
        client.reset();
      } else {
        client.close();
      }
    }
  }

  private static Holdings quiet(ProxyFixture fixture) {
    fixture.awaitNoSessions();
    TestEngine.await(
        "the end of all clients",
        () -> fixture.metrics.get("coppice.proxy.connections.active").gauge().value() == 0);
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    String[] descriptors = new File("/proc/self/fd").list();
    return new Holdings(
        runtime.totalMemory() - runtime.freeMemory(),
        (long) fixture.metrics.get("coppice.proxy.buffers").gauge().value(),
        descriptors == null ? 0 : descriptors.length);
  }
}
