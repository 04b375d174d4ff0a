package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Any Postgres, read over its own protocol. */
final class PostgresSource implements Source {

  private final SourceAddress address;
  private final Optional<Provider> named;

  PostgresSource(SourceAddress address, Optional<Provider> named) {
    this.address = address;
    this.named = named;
  }

  @Override
  public SourceCheck check(boolean replicaOnly) {
    return interruptibly(
        "check",
        scope -> {
          Approach approach = approach();
          SourceSessions sessions = new SourceSessions(approach, scope);
          return new Preflight(sessions, approach.provider(), scope).run(replicaOnly).check();
        });
  }

  @Override
  public PullReport pull(LocalEngine engine, PullOptions options, PullListener listener) {
    return interruptibly(
        "pull", scope -> new Pull(approach(), engine, options, listener, scope).run());
  }

  @Override
  public Follower follow(
      LocalEngine base, String database, FollowPlan plan, PullLimits limits, Path spoolDirectory) {
    return new PostgresFollower(approach(), base, database, plan, limits, spoolDirectory);
  }

  @Override
  public void release(String slot) {
    interruptibly(
        "release",
        scope -> {
          Connection session =
              new SourceSessions(approach(), scope).requiringAnswers().openWriting();
          ReplicationSlot.drop(session, slot);
          if (!ReplicaProbe.standby(session)) {
            Publication.drop(session, slot);
            new DdlRecorder(slot).drop(session);
          }
          return slot;
        });
  }

  private Approach approach() {
    return Approach.to(address.parts(), named);
  }

  private interface Work<T> {
    T run(PullScope scope) throws Exception;
  }

  /**
   * Runs on a thread of its own, since a driver's wait for its server does not end when its thread
   * is interrupted; closing the session does end it.
   */
  private <T> T interruptibly(String name, Work<T> work) {
    try (PullScope scope = new PullScope()) {
      Callable<T> body = () -> work.run(scope);
      FutureTask<T> task = new FutureTask<>(body);
      Thread thread = Thread.ofPlatform().daemon().name("coppice-" + name).start(task);
      try {
        return task.get();
      } catch (InterruptedException e) {
        scope.stop();
        thread.interrupt();
        Thread.currentThread().interrupt();
        throw new SourceException(
            SourceFailure.INTERRUPTED,
            "The " + name + " of " + address + " was interrupted.",
            "Run it again; nothing was changed on the source.",
            e);
      } catch (ExecutionException e) {
        throw failure(name, e.getCause() == null ? e : e.getCause());
      }
    }
  }

  private RuntimeException failure(String name, Throwable cause) {
    if (EngineFailure.diskFull(cause)) {
      return EngineFailure.localDiskFull(cause);
    }
    if (cause instanceof SourceException known) {
      return known;
    }
    if (cause instanceof Error error) {
      throw error;
    }
    return new SourceException(
        SourceFailure.PULL_FAILED,
        "The " + name + " of " + address + " failed: " + cause.getMessage(),
        "Run it again; nothing was changed on the source.",
        cause);
  }
}
