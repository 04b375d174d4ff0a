package dev.coppice.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Commits a row on a source every so often, and watches for it in the base. One clock, this
 * machine's, times both, so nothing rests on what the program says of itself.
 */
final class FollowMarks implements AutoCloseable {

  static final String TABLE = "follow_mark";

  private static final long PAUSE_MILLIS = 25;
  private static final long LOOK_MILLIS = 5;

  private final Connection source;
  private final Connection base;

  /** When each mark was committed, and when it was first seen; guarded by this. */
  private final List<Long> committed = new ArrayList<>();

  private final List<Long> seen = new ArrayList<>();
  private final CompletableFuture<Void> writing;
  private final CompletableFuture<Void> looking;
  private volatile boolean over;

  private FollowMarks(Connection source, Connection base) {
    this.source = source;
    this.base = base;
    this.writing = begin("marks-write", this::write);
    this.looking = begin("marks-look", this::look);
  }

  static void create(Connection session) throws SQLException {
    try (Statement statement = session.createStatement()) {
      statement.execute("create table " + TABLE + " (id bigint primary key)");
    }
  }

  /** Takes the connections over. */
  static FollowMarks start(Connection source, Connection base) {
    return new FollowMarks(source, base);
  }

  @FunctionalInterface
  private interface Work {
    void run() throws SQLException, InterruptedException;
  }

  private static CompletableFuture<Void> begin(String name, Work work) {
    CompletableFuture<Void> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .name(name)
        .daemon()
        .start(() -> {
          try {
            work.run();
            result.complete(null);
          } catch (SQLException | InterruptedException | RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  private void write() throws SQLException, InterruptedException {
    try (PreparedStatement insert =
        source.prepareStatement("insert into " + TABLE + " values (?)")) {
      boolean last;
      do {
        last = over;
        insert.setLong(1, committed.size() + 1L);
        insert.execute();
        synchronized (this) {
          committed.add(System.nanoTime());
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      } while (!last);
    }
  }

  private void look() throws SQLException, InterruptedException {
    try (PreparedStatement select =
        base.prepareStatement("select coalesce(max(id), 0) from " + TABLE)) {
      while (!(writing.isDone() && seen.size() >= committed())) {
        try (ResultSet row = select.executeQuery()) {
          row.next();
          long newest = row.getLong(1);
          long now = System.nanoTime();
          synchronized (this) {
            while (seen.size() < newest) {
              seen.add(now);
            }
          }
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
    }
  }

  private synchronized int committed() {
    return committed.size();
  }

  /** Commits a last one and returns when it was seen. */
  long end(long patienceNanos) throws Exception {
    over = true;
    writing.get(patienceNanos, TimeUnit.NANOSECONDS);
    looking.get(patienceNanos, TimeUnit.NANOSECONDS);
    return seen.getLast();
  }

  /** From a mark's commit until it showed in the base, after {@link #end}. */
  synchronized double[] lagSeconds() {
    double[] lags = new double[committed.size()];
    for (int i = 0; i < lags.length; i++) {
      // It may be seen before its writer's clock is read.
      lags[i] = Math.max(0, (seen.get(i) - committed.get(i)) / 1e9);
    }
    return lags;
  }

  @Override
  public void close() throws SQLException {
    over = true;
    source.close();
    base.close();
  }
}
