package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.providers.testing.PostgresServer;
import java.io.StringWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** A base that follows a source, in a server of its own. */
final class FollowedBase implements AutoCloseable {

  private static final String SLOT = "coppice_0123456789ab";

  /** Leaves the engine as it was before the pull. */
  private static final String EMPTY =
      """
      SELECT pg_replication_origin_drop(roname) FROM pg_replication_origin;
      DO $$
      DECLARE
        pulled name;
      BEGIN
        FOR pulled IN SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user LOOP
          EXECUTE format('DROP ROLE %I', pulled);
        END LOOP;
      END $$;
      """;

  private final Source source;
  private final PostgresServer engine;
  private final String database;
  private final Path spool;
  private final PullReport report;
  private @Nullable Follower follower;
  private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);

  private FollowedBase(
      Source source, PostgresServer engine, String database, Path spool, PullReport report) {
    this.source = source;
    this.engine = engine;
    this.database = database;
    this.spool = spool;
    this.report = report;
  }

  static FollowedBase pull(
      String url,
      PostgresServer engine,
      String database,
      Path spool,
      Optional<String> publication) {
    return pull(url, engine, database, spool, publication, false);
  }

  static FollowedBase pull(
      String url,
      PostgresServer engine,
      String database,
      Path spool,
      Optional<String> publication,
      boolean recordDdl) {
    Source source = Source.at(SourceAddress.parse(url));
    PullReport report =
        source.pull(
            local(engine),
            PullOptions.standard().following(new FollowWish(SLOT, publication, recordDdl)),
            event -> {});
    assertThat(report.follow()).as("%s", report.fidelity()).isPresent();
    return new FollowedBase(source, engine, database, spool, report);
  }

  /**
   * Of a new database {@code shop} of the source, without what an earlier test has made of it; it
   * is being followed.
   *
   * @param setup what is in it, as a superuser makes it
   */
  static FollowedBase ofShop(
      PostgresServer source, PostgresServer engine, Path spool, boolean recordDdl, String setup)
      throws SQLException {
    source.execute("postgres", "DROP DATABASE IF EXISTS shop");
    source.execute("postgres", "CREATE DATABASE shop");
    source.execute("shop", setup);
    FollowedBase base =
        pull(source.superuserUrl("shop"), engine, "shop", spool, Optional.empty(), recordDdl);
    base.start();
    return base;
  }

  private static LocalEngine local(PostgresServer engine) {
    return new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser());
  }

  void start() {
    Follower next =
        source.follow(
            local(engine),
            database,
            report.follow().orElseThrow(),
            PullOptions.standard().limits(),
            spool);
    follower = next;
    running = CompletableFuture.runAsync(next::run);
  }

  void stop() {
    if (follower != null) {
      follower.close();
      running.exceptionally(e -> null).join();
    }
  }

  PullReport report() {
    return report;
  }

  Follower follower() {
    if (follower == null) {
      throw new IllegalStateException("not started");
    }
    return follower;
  }

  SourceException failure(Duration patience) {
    try {
      running.get(patience.toSeconds(), TimeUnit.SECONDS);
      throw new AssertionError("following ended without a failure");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SourceException failure) {
        return failure;
      }
      throw new AssertionError(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  void requireCaughtUp(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    // Long enough for what lies ahead of the position that is asked for each time.
    while (!follower().catchUp(patience.dividedBy(2))) {
      if (running.isCompletedExceptionally()) {
        running.join();
      }
      assertThat(System.nanoTime()).as("%s", follower().position()).isLessThan(deadline);
    }
  }

  /** Row for row, in the same text. */
  void requireEqual(PostgresServer original, String name) throws SQLException {
    try (Connection there = original.connect(name);
        Connection here = engine.connect(database)) {
      List<String> tables =
          Query.list(
              there,
              "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
                  + " AND relnamespace = 'public'::regnamespace AND relpersistence = 'p' ORDER BY 1",
              row -> row.getString(1));
      for (String table : tables) {
        String copy =
            "COPY (SELECT * FROM " + table + " t ORDER BY t::text COLLATE \"C\") TO STDOUT";
        assertThat(rows(here, copy)).as(table).isEqualTo(rows(there, copy));
      }
    }
  }

  private static String rows(Connection session, String copy) throws SQLException {
    StringWriter out = new StringWriter();
    try {
      session.unwrap(PGConnection.class).getCopyAPI().copyOut(copy, out);
    } catch (java.io.IOException e) {
      throw new SQLException(e);
    }
    return out.toString();
  }

  void release() {
    source.release(SLOT);
  }

  @Override
  public void close() throws SQLException {
    stop();
    release();
    engine.execute(
        "postgres", "DROP DATABASE IF EXISTS " + SqlText.identifier(database) + " WITH (FORCE)");
    engine.execute("postgres", EMPTY);
  }
}
