package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredFingerprint;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.providers.DefinitionChange;
import dev.coppice.providers.FollowPlan;
import dev.coppice.providers.Follower;
import dev.coppice.providers.Redefined;
import dev.coppice.providers.SchemaFingerprint;
import dev.coppice.providers.SourceException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices what is altered on a source that no row tells of, by comparing what is defined there with
 * what was defined there before, and gives it to the base where that can be done. Not where the
 * source records it: what is recorded arrives.
 */
final class DefinitionWatch {

  private static final Logger LOG = LoggerFactory.getLogger(DefinitionWatch.class);

  private static final int MOST_LOGGED = 5;
  private static final Duration COPYING_PAUSE = Duration.ofSeconds(5);
  private static final Duration RETRY_PAUSE = Duration.ofMinutes(10);

  private final Ground ground;
  private final StoredSource source;
  private final FollowPlan plan;
  private final Supplier<Optional<Follower>> follower;
  private final Runnable changed;

  // Guarded by this.
  private Instant dueAt = Instant.MIN;
  private DefinitionInfo info =
      new DefinitionInfo(Optional.empty(), Optional.empty(), "", List.of(), Map.of());

  /**
   * @param follower the one that is at work, if any is
   * @param changed to be told when the base was given something
   */
  DefinitionWatch(
      Ground ground,
      StoredSource source,
      FollowPlan plan,
      Supplier<Optional<Follower>> follower,
      Runnable changed) {
    this.ground = ground;
    this.source = source;
    this.plan = plan;
    this.follower = follower;
    this.changed = changed;
  }

  boolean isDue(Instant now) {
    // Without this object's monitor, since who has the follower's asks for it.
    return plan.recorder().isEmpty() && !now.isBefore(due()) && connected().isPresent();
  }

  private synchronized Instant due() {
    return dueAt;
  }

  private Optional<Follower> connected() {
    return follower
        .get()
        .filter(known -> !known.position().sourceTime().equals(Instant.EPOCH))
        .filter(known -> known.copying().isEmpty());
  }

  /** Returns at once; it is not due again until that is done. */
  synchronized void compare(Executor threads) {
    dueAt = Instant.MAX;
    threads.execute(this::compare);
  }

  private void compare() {
    Instant now = ground.clock().instant();
    Optional<Duration> pause = ground.config().refreshInterval();
    try {
      Optional<Follower> current = connected();
      if (current.isEmpty() || !compare(current.get(), now)) {
        pause = sooner(pause, COPYING_PAUSE);
      }
    } catch (SourceException | BranchException e) {
      LOG.warn("Source {} was not compared: {}", source.name(), e.getMessage());
      failed(String.valueOf(e.getMessage()));
      pause = sooner(pause, RETRY_PAUSE);
    } finally {
      due(pause.map(now::plus).orElse(Instant.MAX));
    }
  }

  private static Optional<Duration> sooner(Optional<Duration> usual, Duration other) {
    return Optional.of(usual.filter(pause -> pause.compareTo(other) < 0).orElse(other));
  }

  /** Returns whether that is all for now; else tables are being copied anew. */
  private boolean compare(Follower current, Instant now) {
    Optional<StoredFingerprint> stored = ground.catalogue().fingerprint(source.id(), plan.slot());
    if (stored.isEmpty()) {
      // Pulled when nobody looked at these.
      keep(new StoredFingerprint(now, current.fingerprint()));
      compared(new DefinitionInfo(Optional.of(now), Optional.of(now), "", List.of(), Map.of()));
      return true;
    }
    Instant since = stored.get().since();
    SchemaFingerprint known = keep(since, stored.get().definitions(), current);
    SchemaFingerprint read = current.fingerprint();
    if (current.copying().isPresent() || !keep(since, known, current).equals(known)) {
      return false;
    }
    List<DefinitionChange> changes = read.since(known);
    Redefined made = changes.isEmpty() ? Redefined.NOTHING : current.redefine(changes);
    if (!made.done().isEmpty()) {
      known = known.with(made.done(), read);
      keep(new StoredFingerprint(since, known));
      LOG.info("Source {}: the base was given {}", source.name(), readable(made.done()));
      changed.run();
    }
    compared(
        new DefinitionInfo(
            Optional.of(since), Optional.of(now), "", read.since(known), made.obstacles()));
    return !made.copying();
  }

  /** Keeps what has come with tables that were copied anew. */
  private SchemaFingerprint keep(Instant since, SchemaFingerprint known, Follower current) {
    SchemaFingerprint now = current.withCopied(known);
    if (!now.equals(known)) {
      keep(new StoredFingerprint(since, now));
    }
    return now;
  }

  private static String readable(List<DefinitionChange> changes) {
    return changes.stream()
        .limit(MOST_LOGGED)
        .map(DefinitionChange::readable)
        .collect(Collectors.joining(", "));
  }

  private void keep(StoredFingerprint fingerprint) {
    ground.catalogue().keep(source.id(), plan.slot(), fingerprint);
  }

  private synchronized void compared(DefinitionInfo next) {
    if (!next.differing().isEmpty() && !next.differing().equals(info.differing())) {
      LOG.warn(
          "Source {} has {} definitions that its base has otherwise: {}",
          source.name(),
          next.differing().size(),
          readable(next.differing()));
    }
    info = next;
  }

  private synchronized void failed(String why) {
    info =
        new DefinitionInfo(
            info.since(), info.comparedAt(), why, info.differing(), info.obstacles());
  }

  private synchronized void due(Instant at) {
    dueAt = at;
  }

  /** Empty where what is defined is recorded. */
  synchronized Optional<DefinitionInfo> info() {
    return plan.recorder().isEmpty() ? Optional.of(info) : Optional.empty();
  }
}
