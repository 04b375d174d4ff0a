package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One reader, one writer and one watch, which end together. */
final class PostgresFollower implements Follower {

  private static final String OBJECT_IN_USE = "55006";
  private static final int ATTEMPTS = 50;
  private static final long ATTEMPT_MILLIS = 100;
  private static final Duration REDEFINITION_PATIENCE = Duration.ofSeconds(30);

  private final Approach approach;
  private final LocalEngine engine;
  private final String database;
  private final FollowPlan plan;
  private final Path spoolDirectory;
  private final PullLimits limits;
  private final DriftedTables drifted;
  private final ReentrantLock gate = new ReentrantLock(true);
  private final FollowState state;

  // Guarded by this.
  private PullScope scope = new PullScope();
  private boolean closed;

  private volatile @Nullable SourceWatch watch;
  private volatile @Nullable Connection sequences;

  /** The sessions of the newest refresh. */
  private volatile @Nullable PullScope refreshing;

  /** The sessions of the newest {@link #fingerprint} or {@link #redefine}. */
  private volatile @Nullable PullScope comparing;

  /** What is being made in the base, else empty. */
  private volatile String redefining = "";

  PostgresFollower(
      Approach approach,
      LocalEngine engine,
      String database,
      FollowPlan plan,
      PullLimits limits,
      Path spoolDirectory) {
    this.approach = approach;
    this.engine = engine;
    this.database = database;
    this.plan = plan;
    this.limits = limits;
    this.spoolDirectory = spoolDirectory;
    this.drifted = new DriftedTables(plan);
    this.state = new FollowState(plan.start());
  }

  @Override
  public void run() {
    try {
      boolean again = true;
      while (again) {
        again = followOnce();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw failure(e);
    }
  }

  /** Returns whether to go on, with tables that are to be copied anew. */
  private boolean followOnce() throws Exception {
    try (PullScope sessions = begin()) {
      follow(sessions);
      return false;
    } catch (TableDrift drift) {
      drifted.add(drift);
      return true;
    } finally {
      watch = null;
      sequences = null;
    }
  }

  private synchronized PullScope begin() {
    scope = new PullScope();
    if (closed) {
      scope.close();
    }
    return scope;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void follow(PullScope sessions) throws Exception {
    clearSpool();
    SourceSessions source = new SourceSessions(approach, sessions).requiringAnswers();
    LocalSessions base = new LocalSessions(engine, sessions);
    Connection watching = source.open();
    int major = Integer.parseInt(Query.text(watching, "SHOW server_version_num")) / 10_000;
    SourceWatch looking = new SourceWatch(watching, plan.slot(), state);
    looking.requireSlot();
    Connection writing = base.openForChanges(database);
    state.resumed(whenFree(() -> Applier.begin(writing)));
    Connection setting = base.open(database);
    Query.run(setting, "SET synchronous_commit = on");
    UnstreamedRefresh.logTables(setting);
    Query.run(setting, "SET lock_timeout = '10s'");
    sequences = setting;
    looking.look();
    watch = looking;
    Provider provider = provider(watching);
    StreamQueue queue = new StreamQueue();
    Applier applier =
        new Applier(
            writing,
            queue,
            new FollowedTables(plan, looking::generatedColumns),
            new DdlReplay(writing, provider.callingTriggerFunctions()),
            state,
            drifted::requireNoneAsked,
            gate);
    try (ChangeStream stream =
        whenFree(() ->
            ChangeStream.open(
                source.openReplication(),
                plan,
                state.applied(),
                major,
                queue,
                spoolDirectory,
                state::applied))) {
      new Workers(sessions)
          .run(
              "follow",
              List.<Callable<?>>of(
                  endless(stream::read),
                  endless(() -> apply(applier, sessions, writing, major, provider)),
                  endless(looking::run)));
    }
  }

  private void apply(
      Applier applier, PullScope sessions, Connection writing, int major, Provider provider)
      throws SQLException, IOException, InterruptedException {
    // The watch notices if the source does not answer; what is copied may take its time.
    SourceSessions source = new SourceSessions(approach, sessions);
    Optional<TableRefill> refill =
        drifted.refill(source, writing, new RateLimit(limits.bytesPerSecond()));
    if (refill.isPresent()) {
      TableScript script = new TableScript(major, sessions, spoolDirectory);
      refill.get().fill(major, script, provider);
      applier.begin(refill.get());
    }
    applier.run();
  }

  private Provider provider(Connection session) throws SQLException {
    return approach.provider().isPresent()
        ? approach.provider().get()
        : ProviderDetection.detect(session);
  }

  @FunctionalInterface
  private interface Attempt<T> {
    T make() throws SQLException;
  }

  /** A predecessor's session may end a little later than the predecessor. */
  private static <T> T whenFree(Attempt<T> attempt) throws SQLException, InterruptedException {
    for (int i = 1; ; i++) {
      try {
        return attempt.make();
      } catch (SQLException e) {
        if (!OBJECT_IN_USE.equals(e.getSQLState()) || i == ATTEMPTS) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(ATTEMPT_MILLIS);
      }
    }
  }

  @FunctionalInterface
  private interface Endless {
    void run() throws Exception;
  }

  private static Callable<?> endless(Endless work) {
    return () -> {
      work.run();
      return work;
    };
  }

  private void clearSpool() throws IOException {
    Files.createDirectories(spoolDirectory);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(spoolDirectory)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
  }

  private RuntimeException failure(Exception e) {
    if (EngineFailure.diskFull(e)) {
      return EngineFailure.localDiskFull(e);
    }
    if (e instanceof TableDrift drift) {
      return drift.failure();
    }
    if (e instanceof SourceException known) {
      return known;
    }
    if (e instanceof SQLException sql && invalidated(sql)) {
      return new SourceException(
          SourceFailure.SLOT_LOST,
          "The source does not have the log that slot " + plan.slot() + " needs: " + e.getMessage(),
          "The base is pulled anew.",
          e);
    }
    return new SourceException(
        SourceFailure.FOLLOW_FAILED,
        "Following " + approach.url() + " stopped: " + e.getMessage(),
        "It is tried again.",
        e);
  }

  private static boolean invalidated(SQLException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("can no longer get changes from replication slot")
        || message.contains("can no longer access replication slot")
        || (message.contains("replication slot") && message.contains("does not exist"));
  }

  @Override
  public FollowPosition position() {
    return state.position();
  }

  @Override
  public boolean catchUp(Duration patience) {
    SourceWatch looking = watch;
    if (looking == null) {
      return false;
    }
    try {
      return state.await(looking.look(), patience.toMillis());
    } catch (SQLException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public <T> T hold(Function<FollowPosition, T> work) {
    gate.lock();
    try {
      SourceWatch looking = watch;
      Connection session = sequences;
      // A table that is being copied may be locked with its sequences, until the gate is free.
      if (looking != null && session != null && copying().isEmpty()) {
        looking.refreshSequences(session);
      }
      return work.apply(position());
    } catch (SQLException e) {
      throw failure(e);
    } finally {
      gate.unlock();
    }
  }

  @Override
  public void refreshUnstreamed(PullLimits limits) {
    try (PullScope sessions = new PullScope()) {
      refreshing = sessions;
      if (scope.closed()) {
        return;
      }
      Connection reading = new SourceSessions(approach, sessions).requiringAnswers().open();
      Connection setting = new LocalSessions(engine, sessions).open(database);
      // The statements of the source that fill them come with the stream.
      new UnstreamedRefresh(reading, setting, new RateLimit(limits.bytesPerSecond()))
          .run(plan.recorder().isEmpty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      throw failure(e);
    }
  }

  @Override
  public SchemaFingerprint fingerprint() {
    try (PullScope sessions = beginComparing()) {
      Connection session = openBounded(sessions);
      Provider provider = provider(session);
      return SchemaFingerprint.read(session, provider, PullExtent.read(session, provider));
    } catch (SQLException e) {
      throw new SourceException(
          SourceFailure.FOLLOW_FAILED,
          "What is defined on the source could not be read: " + e.getMessage(),
          "It is tried again.",
          e);
    }
  }

  @Override
  public SchemaFingerprint withCopied(SchemaFingerprint known) {
    return drifted.takeCopied(known);
  }

  @Override
  public Redefined redefine(List<DefinitionChange> changes) {
    SourceWatch looking = watch;
    try (PullScope sessions = beginComparing()) {
      Connection session = openBounded(sessions);
      Map<TableName, TableDrift> altered = AlteredTables.find(session, plan, changes);
      List<DefinitionChange> beside =
          changes.stream()
              .filter(change ->
                  !change.object().isCopied() || !altered.containsKey(change.object().table()))
              .toList();
      Redefinition redefinition =
          Redefinition.read(session, beside, provider(session).callingTriggerFunctions());
      if (!redefinition.readable().isEmpty()) {
        if (looking == null || !state.await(looking.look(), REDEFINITION_PATIENCE.toMillis())) {
          throw new SQLException("the base is not as far as the source");
        }
        redefine(redefinition, new LocalSessions(engine, sessions).open(database));
      }
      drifted.ask(altered.values());
      return redefinition.outcome(!altered.isEmpty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw redefinitionFailed(e);
    } catch (SQLException e) {
      throw redefinitionFailed(e);
    }
  }

  private void redefine(Redefinition redefinition, Connection base) throws SQLException {
    Query.run(base, "SET synchronous_commit = on; SET lock_timeout = '10s'");
    gate.lock();
    try {
      redefining = redefinition.readable();
      redefinition.run(base);
    } finally {
      redefining = "";
      gate.unlock();
    }
  }

  private static SourceException redefinitionFailed(Exception e) {
    return new SourceException(
        SourceFailure.FOLLOW_FAILED,
        "What was altered on the source could not be made in the base: " + e.getMessage(),
        "It is tried again.",
        e);
  }

  private PullScope beginComparing() {
    PullScope sessions = new PullScope();
    comparing = sessions;
    if (isClosed()) {
      sessions.stop();
    }
    return sessions;
  }

  private Connection openBounded(PullScope sessions) throws SQLException {
    Connection session = new SourceSessions(approach, sessions).requiringAnswers().open();
    Query.run(session, SchemaFingerprint.BOUNDS);
    return session;
  }

  @Override
  public Optional<String> copying() {
    return drifted.copying().or(() -> Optional.of(redefining).filter(what -> !what.isEmpty()));
  }

  @Override
  public synchronized void close() {
    closed = true;
    scope.close();
    for (PullScope sessions : new PullScope[] {refreshing, comparing}) {
      if (sessions != null) {
        sessions.stop();
      }
    }
  }
}
