package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSnapshot.Stand;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.engine.Engine;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineSession;
import dev.coppice.providers.FollowPlan;
import dev.coppice.providers.FollowPosition;
import dev.coppice.providers.Follower;
import dev.coppice.providers.KeptLog;
import dev.coppice.providers.LocalEngine;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFailure;
import dev.coppice.providers.pgoutput.Lsn;
import dev.coppice.storage.BranchId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps one base in step with its source, on a thread of its own, until it is closed. */
final class Following implements AutoCloseable {

  /** A state of the base that is about to be sealed. */
  record Forked(BranchId child, Optional<Stand> stand) {}

  private static final Logger LOG = LoggerFactory.getLogger(Following.class);
  private static final Duration CONNECT_PAUSE = Duration.ofMillis(50);
  private static final Duration SHORTEST_PAUSE = Duration.ofMillis(500);
  private static final Duration SHORTEST_RENEWAL_PAUSE = Duration.ofMinutes(1);
  private static final Duration LONGEST_RENEWAL_PAUSE = Duration.ofHours(1);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

  private final Ground ground;
  private final BranchEngines engines;
  private final StoredSource source;
  private final BranchId base;
  private final FollowPlan plan;
  private final Thread thread;
  private final DefinitionWatch definitions;

  // Guarded by this.
  private boolean closed;
  private FollowInfo.State state = FollowInfo.State.STARTING;
  private String detail = "";
  private @Nullable Engine engine;
  private @Nullable Follower follower;
  private @Nullable FollowPosition last;
  private long earlierChanges;

  private volatile @Nullable Instant renewAt;
  private volatile Duration renewalPause = SHORTEST_RENEWAL_PAUSE;

  private volatile Instant refreshAt;

  /** Whether something was refreshed of which no snapshot knows. */
  private volatile boolean refreshed;

  Following(Ground ground, BranchEngines engines, StoredSource source) {
    this.ground = ground;
    this.engines = engines;
    this.source = source;
    this.base = source.base().orElseThrow();
    this.plan = source.follow().orElseThrow();
    this.refreshAt = nextRefresh();
    this.definitions =
        new DefinitionWatch(
            ground, source, plan, () -> Optional.ofNullable(follower()), () -> refreshed = true);
    this.thread =
        Thread.ofPlatform().name("coppice-follow-" + source.name()).daemon().unstarted(this::run);
  }

  Following start() {
    thread.start();
    return this;
  }

  StoredSource source() {
    return source;
  }

  private void run() {
    Duration pause = SHORTEST_PAUSE;
    while (!isClosed()) {
      Lsn before = applied();
      try {
        follow();
        return;
      } catch (SourceException | BranchException e) {
        if (isClosed()) {
          return;
        }
        if (e instanceof SourceException failure && isHopeless(failure.failure())) {
          LOG.warn("Source {} cannot be followed any further: {}", source.name(), e.getMessage());
          is(FollowInfo.State.STOPPED, String.valueOf(e.getMessage()));
          renewAt = ground.clock().instant();
          return;
        }
        LOG.warn("Source {} is not being followed: {}", source.name(), e.getMessage());
        is(FollowInfo.State.WAITING, String.valueOf(e.getMessage()));
      } catch (RuntimeException e) {
        LOG.error("Source {} is not being followed", source.name(), e);
        is(FollowInfo.State.WAITING, String.valueOf(e));
      }
      // After progress it is a new failure, not the same one again.
      pause = applied().equals(before) ? pause : SHORTEST_PAUSE;
      if (!pause(pause)) {
        return;
      }
      pause = doubled(pause, LONGEST_PAUSE);
    }
  }

  private static boolean isHopeless(SourceFailure failure) {
    return failure == SourceFailure.SLOT_LOST || failure == SourceFailure.DRIFTED;
  }

  private boolean pause(Duration duration) {
    try {
      TimeUnit.NANOSECONDS.sleep(duration.toNanos());
      return true;
    } catch (InterruptedException e) {
      return false;
    }
  }

  private void follow() {
    Engine running = running();
    Follower next =
        Sources.production(source)
            .follow(
                new LocalEngine(
                    running.socket().resolveSibling(""), EngineHost.PORT, EngineHost.SUPERUSER),
                source.origin().database(),
                plan,
                source.pull().limits(),
                ground.config().dataDirectory().resolve("follow").resolve(source.id().toString()));
    try {
      synchronized (this) {
        if (closed) {
          return;
        }
        follower = next;
        state = FollowInfo.State.FOLLOWING;
        detail = "";
      }
      next.run();
    } finally {
      synchronized (this) {
        last = next.position();
        earlierChanges += last.changes();
        follower = null;
      }
      next.close();
    }
  }

  private Engine running() {
    Engine known = engine();
    if (known != null && known.alive()) {
      return known;
    }
    Engine started = startEngine();
    synchronized (this) {
      engine = started;
      if (!closed) {
        return started;
      }
    }
    started.stopFast(BranchEngines.STOP_TIMEOUT);
    throw Shutdown.refusal();
  }

  private Engine startEngine() {
    Governor.Seat seat = engines.governor().takeStanding();
    try {
      Engine started = engines.startBase(base, source);
      seat.take(started);
      return started;
    } catch (RuntimeException e) {
      seat.close();
      throw e;
    }
  }

  private synchronized @Nullable Engine engine() {
    return engine;
  }

  private synchronized @Nullable Follower follower() {
    return follower;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private synchronized void is(FollowInfo.State next, String why) {
    state = next;
    detail = why;
  }

  /** Whether the base cannot be brought in step any more, and it is time to pull another one. */
  boolean renewalDue(Instant now) {
    Instant due = renewAt;
    return due != null && !now.isBefore(due);
  }

  /** Its base is being replaced. */
  void renewing() {
    renewAt = Instant.MAX;
    synchronized (this) {
      state = FollowInfo.State.PULLING;
    }
  }

  /** It is to be replaced, unless that is under way. */
  void renewSoon() {
    if (!Instant.MAX.equals(renewAt)) {
      is(FollowInfo.State.PULLING, "");
      renewAt = ground.clock().instant();
    }
  }

  void notRenewed(String why) {
    is(FollowInfo.State.STOPPED, why);
    renewAt = ground.clock().instant().plus(renewalPause);
    renewalPause = doubled(renewalPause, LONGEST_RENEWAL_PAUSE);
  }

  private static Duration doubled(Duration pause, Duration longest) {
    Duration doubled = pause.multipliedBy(2);
    return doubled.compareTo(longest) < 0 ? doubled : longest;
  }

  /** Where the base is, if that is known by now. */
  private synchronized Optional<FollowPosition> position() {
    return Optional.ofNullable(follower == null ? last : follower.position());
  }

  private Lsn applied() {
    return position().map(FollowPosition::applied).orElse(Lsn.ZERO);
  }

  Optional<Stand> stand() {
    return position().flatMap(Following::stand);
  }

  private static Optional<Stand> stand(FollowPosition position) {
    return position.standsFor().equals(Instant.EPOCH)
        ? Optional.empty()
        : Optional.of(new Stand(position.applied().toString(), position.standsFor()));
  }

  /** The source's position behind the newest change that the base holds, as far as is known. */
  Lsn lastChange() {
    return position().map(FollowPosition::lastChange).orElse(Lsn.ZERO);
  }

  /** How many changes were applied since the server was started. */
  synchronized long changes() {
    return earlierChanges + (follower == null ? 0 : follower.position().changes());
  }

  synchronized FollowInfo info() {
    Optional<FollowPosition> position = position();
    boolean asked = position.isPresent() && !position.get().sourceTime().equals(Instant.EPOCH);
    Optional<KeptLog> log =
        follower == null ? Optional.empty() : position.flatMap(FollowPosition::log);
    Optional<String> copied = Optional.ofNullable(follower).flatMap(Follower::copying);
    return new FollowInfo(
        copied.isPresent() ? FollowInfo.State.COPYING : state,
        copied.map(tables -> "altered on the source, and brought over: " + tables).orElse(detail),
        plan.slot(),
        plan.publication(),
        plan.recorder().isPresent(),
        definitions.info(),
        position.map(known -> known.applied().toString()),
        position.map(FollowPosition::standsFor).filter(time -> !time.equals(Instant.EPOCH)),
        position.filter(known -> asked).map(FollowPosition::lag),
        asked ? OptionalLong.of(position.get().lagBytes()) : OptionalLong.empty(),
        changes(),
        log.map(KeptLog::leftBytes).orElse(OptionalLong.empty()),
        log.flatMap(KeptLog::warning).orElse(""));
  }

  /** Returns once the base has what the source had when this was called. */
  void catchUp(Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      Duration left = Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
      Follower current = follower();
      if (current != null && current.catchUp(left)) {
        return;
      }
      if (left.isZero() || !pause(CONNECT_PAUSE)) {
        throw new BranchException(
            BranchFailure.SOURCE_NOT_READY,
            "The base of source \"%s\" is not as far as the source within %d s"
                .formatted(source.name(), patience.toSeconds()),
            "See `coppice source get %s`; without --fresh the newest snapshot is taken."
                .formatted(source.name()));
      }
    }
  }

  DefinitionWatch definitions() {
    return definitions;
  }

  /** Whether it is time to bring up to date what the stream says nothing of. */
  boolean refreshDue(Instant now) {
    return !now.isBefore(refreshAt) && follower() != null;
  }

  /** It is about to be refreshed, and not a second time meanwhile. */
  void refreshing() {
    refreshAt = Instant.MAX;
  }

  void refresh() {
    try {
      Follower current = follower();
      if (current != null) {
        current.refreshUnstreamed(source.pull().limits());
        refreshed = true;
      }
    } catch (SourceException e) {
      if (!isClosed()) {
        LOG.warn(
            "What the stream does not tell of source {} stays as it was: {}",
            source.name(),
            e.getMessage());
      }
    } finally {
      refreshAt = nextRefresh();
    }
  }

  private Instant nextRefresh() {
    return ground
        .config()
        .refreshInterval()
        .map(ground.clock().instant()::plus)
        .orElse(Instant.MAX);
  }

  /** Whether the base stays where it is for a while, since tables of it are copied anew. */
  boolean copying() {
    Follower current = follower();
    return current != null && current.copying().isPresent();
  }

  boolean refreshed() {
    return refreshed;
  }

  /** A state between two of the source's transactions. */
  Forked fork(Supplier<BranchId> forking) {
    checkpoint();
    refreshed = false;
    Follower current = follower();
    if (current == null) {
      return new Forked(forking.get(), stand());
    }
    return current.hold(position -> new Forked(forking.get(), stand(position)));
  }

  /** So that little is left to do while nothing may be applied, and for the child. */
  private void checkpoint() {
    Engine running = engine();
    if (running == null || !running.alive()) {
      return;
    }
    try (Connection session = EngineSession.superuser(running.socket(), "postgres")) {
      Statements.run(session, "CHECKPOINT");
    } catch (SQLException e) {
      LOG.warn("The base of {} is forked without a checkpoint", source.name(), e);
    }
  }

  /** Ends following and the base's engine, in order. */
  @Override
  public void close() {
    Follower current;
    synchronized (this) {
      closed = true;
      current = follower;
    }
    if (current != null) {
      current.close();
    }
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Engine running = engine();
    if (running != null) {
      running.stopFast(BranchEngines.STOP_TIMEOUT);
    }
  }
}
