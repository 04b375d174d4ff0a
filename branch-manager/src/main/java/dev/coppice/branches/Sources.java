package dev.coppice.branches;

import dev.coppice.branches.Following.Forked;
import dev.coppice.branches.catalogue.StoredFingerprint;
import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSnapshot.Stand;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.catalogue.StoredSource.EngineChoice;
import dev.coppice.branches.catalogue.StoredSource.Origin;
import dev.coppice.branches.catalogue.StoredSource.Pulled;
import dev.coppice.branches.catalogue.UnneededSlot;
import dev.coppice.branches.engine.Installation;
import dev.coppice.providers.CheckItem;
import dev.coppice.providers.FidelityNote;
import dev.coppice.providers.FollowPlan;
import dev.coppice.providers.FollowWish;
import dev.coppice.providers.PullListener;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.PullReport;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.SourceCheck;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFacts;
import dev.coppice.providers.SourceFailure;
import dev.coppice.providers.pgoutput.Lsn;
import dev.coppice.providers.profile.Provider;
import dev.coppice.providers.profile.Providers;
import dev.coppice.storage.BranchId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds sources, seals their bases anew, removes them. */
final class Sources {

  private static final Logger LOG = LoggerFactory.getLogger(Sources.class);

  private static final Duration FRESH_PATIENCE = Duration.ofMinutes(1);

  private final Ground ground;
  private final WarmPool pool;
  private final Sealing sealing;
  private final BasePull pull;
  private final Followings followings;
  private final SlotReleases releases;

  /** Sources that are being added, sealed or removed just now. */
  private final Set<BranchName> busy = ConcurrentHashMap.newKeySet();

  Sources(Ground ground, BranchEngines engines, WarmPool pool, Followings followings) {
    this.ground = ground;
    this.pool = pool;
    this.sealing = new Sealing(ground, engines);
    this.pull = new BasePull(ground, engines);
    this.followings = followings;
    this.releases = new SlotReleases(ground);
  }

  StoredSource add(AddSource request, PullListener listener) {
    return alone(request.name(), () -> addAlone(request, listener));
  }

  private StoredSource addAlone(AddSource request, PullListener listener) {
    requireFree(request.name());
    Source source = Source.at(request.address(), request.provider());
    SourceCheck check = source.check(request.options().limits().replicaOnly());
    requirePassed(request.name(), check);
    SourceFacts facts = check.facts();
    Installation installation = ground.installations().atLeast(facts.major(), facts.extensions());
    removeFailed(request.name());
    BranchId base = ground.store().create();
    StoredSource pulling = begin(request, facts, installation, base);
    Optional<FollowWish> wish =
        request.follow()
            ? Optional.of(
                wish(
                    request.address(),
                    request.provider().map(Provider::name).orElse(""),
                    request.publication(),
                    request.recordDdl(),
                    false))
            : Optional.empty();
    try {
      PullOptions options = wish.map(request.options()::following).orElse(request.options());
      return complete(pulling, base, facts, pull.run(source, options, pulling, facts, listener));
    } catch (RuntimeException e) {
      RuntimeException failure = Failures.translate(e);
      fail(pulling, base, failure);
      throw failure;
    } finally {
      wish.ifPresent(expected -> releases.decided(expected.slot()));
    }
  }

  /** With the slot's name noted, should this program end before it is known to be needed. */
  private FollowWish wish(
      SourceAddress address,
      String provider,
      Optional<String> publication,
      boolean recordDdl,
      boolean required) {
    String unique = UUID.randomUUID().toString().replace("-", "").substring(0, 12);
    FollowWish wish = new FollowWish("coppice_" + unique, publication, recordDdl, required);
    releases.expect(new UnneededSlot(wish.slot(), address, provider));
    return wish;
  }

  private void requireFree(BranchName name) {
    if (ground.register().findBranch(name).isPresent()) {
      throw new BranchException(
          BranchFailure.BRANCH_EXISTS,
          "\"" + name + "\" is the name of a branch, and sources share the branches' names",
          "Choose another name for the source.");
    }
    ground
        .register()
        .findSource(name)
        .filter(existing -> existing.state() != SourceInfo.State.FAILED)
        .ifPresent(existing -> {
          throw new BranchException(
              BranchFailure.SOURCE_EXISTS,
              "There is a source \"" + name + "\" already",
              "Choose another name, or remove it with: coppice source remove " + name);
        });
  }

  /** The cause names what the pull would have failed of. */
  static void requirePassed(BranchName name, SourceCheck check) {
    Optional<SourceFailure> failure = check.failure();
    if (failure.isEmpty()) {
      return;
    }
    List<CheckItem> failed =
        check.items().stream().filter(item -> item.outcome() == CheckItem.Outcome.FAILED).toList();
    String reasons =
        String.join("; ", failed.stream().map(i -> i.what() + ": " + i.detail()).toList());
    String remedies =
        String.join(
            System.lineSeparator(),
            failed.stream().map(CheckItem::remedy).filter(r -> !r.isEmpty()).distinct().toList());
    throw Failures.translate(
        new SourceException(
            failure.get(),
            "Source \"%s\" cannot be pulled: %s".formatted(name, reasons),
            remedies));
  }

  /** What is left of a failed pull makes way for the next attempt. */
  private void removeFailed(BranchName name) {
    ground
        .register()
        .findSource(name)
        .ifPresent(failed -> {
          ground.catalogue().delete(failed);
          ground.register().remove(failed);
        });
  }

  private StoredSource begin(
      AddSource request, SourceFacts facts, Installation installation, BranchId base) {
    StoredSource pulling =
        new StoredSource(
            UUID.randomUUID(),
            request.name(),
            request.address(),
            SourceInfo.State.PULLING,
            "",
            new Origin(
                facts.provider(),
                request.provider().isPresent(),
                facts.version(),
                facts.database(),
                facts.owner(),
                facts.ownerIsSuperuser(),
                facts.databaseBytes()),
            request.options(),
            new EngineChoice(installation.major(), installation.bin()),
            Optional.of(base),
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            List.of());
    try {
      ground.catalogue().insert(pulling);
    } catch (RuntimeException e) {
      ground.discard(base);
      throw e;
    }
    ground.register().put(pulling);
    return pulling;
  }

  private StoredSource complete(
      StoredSource pulling, BranchId base, SourceFacts facts, BasePull.Result result) {
    Instant now = ground.clock().instant();
    long began = System.nanoTime();
    Sealing.Sealed sealed = sealing.seal(base, pulling, facts.settings());
    ground.metrics().seal.record(Duration.ofNanos(System.nanoTime() - began));
    List<FidelityNote> notes = new ArrayList<>(result.notes());
    notes.addAll(sealed.prepared().notes());
    StoredSource ready =
        pulling.ready(
            new Pulled(
                result.report().tables(),
                result.report().rows(),
                result.report().sourceLsn(),
                Instant.ofEpochMilli(result.report().sourceTimeMillis())),
            result.report().follow(),
            sealed.prepared().owner(),
            sealed.prepared().settings(),
            notes);
    StoredSnapshot snapshot =
        new StoredSnapshot(
            sealed.snapshot(),
            ready.id(),
            ready.name().value(),
            Names.fresh(now, ground.register().snapshotsOf(pulling.id())),
            ready.id(),
            now,
            true,
            Optional.of(
                new Stand(
                    result.report().sourceLsn(),
                    Instant.ofEpochMilli(result.report().sourceTimeMillis()))));
    try {
      ground.catalogue().update(ready, snapshot, fingerprint(result.report()));
      releases.added();
    } catch (RuntimeException e) {
      ground.discard(List.of(sealed.snapshot()));
      throw e;
    }
    ground.register().put(snapshot);
    ground.register().put(ready);
    pool.follow(ready, snapshot);
    followings.stop(pulling);
    followings.start(ready);
    return ready;
  }

  private static Optional<StoredFingerprint> fingerprint(PullReport report) {
    Instant at = Instant.ofEpochMilli(report.sourceTimeMillis());
    return report.fingerprint().map(definitions -> new StoredFingerprint(at, definitions));
  }

  private void fail(StoredSource pulling, BranchId base, RuntimeException failure) {
    LOG.warn("Source {} could not be pulled: {}", pulling.name(), failure.getMessage());
    ground.discard(base);
    StoredSource failed = pulling.failed(String.valueOf(failure.getMessage()));
    ground.register().put(failed);
    Ground.leniently(
        "the claim of source " + pulling.name(), () -> ground.catalogue().update(failed));
  }

  StoredSnapshot seal(StoredSource source, Optional<String> name) {
    return alone(
        source.name(),
        () -> {
          BranchId base = requireReady(source);
          Instant now = ground.clock().instant();
          String called =
              name.map(Names::snapshot)
                  .orElseGet(() -> Names.fresh(now, ground.register().snapshotsOf(source.id())));
          Forked forked =
              followings
                  .of(source)
                  .map(following -> following.fork(() -> sealing.fork(base)))
                  .orElseGet(() -> new Forked(sealing.fork(base), Optional.empty()));
          Sealing.Sealed sealed = sealing.sealChild(forked.child(), source, source.settings());
          StoredSnapshot snapshot =
              new StoredSnapshot(
                  sealed.snapshot(),
                  source.id(),
                  source.name().value(),
                  called,
                  source.id(),
                  now,
                  true,
                  forked.stand().or(() -> newestStand(source)));
          try {
            ground.catalogue().insert(snapshot);
          } catch (RuntimeException e) {
            ground.discard(List.of(sealed.snapshot()));
            throw e;
          }
          ground.register().put(snapshot);
          pool.follow(source, snapshot);
          return snapshot;
        });
  }

  private Optional<Stand> newestStand(StoredSource source) {
    return ground.register().newest(source).flatMap(StoredSnapshot::stand);
  }

  /** Goes on following what was followed before the program ended. */
  void resume() {
    ground.register().sources().forEach(source -> followings.start(source));
  }

  /** Waits for none of them. */
  void refreshWhereDue(Executor threads) {
    Instant now = ground.clock().instant();
    for (StoredSource source : ground.register().sources()) {
      followings
          .of(source)
          .filter(following -> following.refreshDue(now))
          .ifPresent(following -> {
            following.refreshing();
            threads.execute(following::refresh);
          });
    }
  }

  /** Seals each base that has changed since a snapshot of it became old. */
  void sealWhereDue() {
    Instant limit = ground.clock().instant().minus(ground.config().snapshotInterval());
    for (StoredSource source : ground.register().sources()) {
      Optional<StoredSnapshot> newest = ground.register().newest(source);
      if (newest.isPresent()
          && newest.get().takenAt().isBefore(limit)
          && followings.of(source).filter(Following::copying).isEmpty()
          && movedOn(source, newest.get())) {
        sealQuietly(source);
      }
    }
  }

  private boolean movedOn(StoredSource source, StoredSnapshot newest) {
    Optional<Following> following = followings.of(source);
    return following.flatMap(Following::stand).isPresent()
        && newest.stand().isPresent()
        && (following.get().refreshed()
            || following.get().lastChange().compareTo(Lsn.parse(newest.stand().get().lsn())) > 0);
  }

  private void sealQuietly(StoredSource source) {
    try {
      seal(source, Optional.empty());
    } catch (RuntimeException e) {
      if (!(e instanceof BranchException busy) || busy.failure() != BranchFailure.BRANCH_BUSY) {
        LOG.warn("Source {} could not be sealed anew: {}", source.name(), e.getMessage());
      }
    }
  }

  /** Makes the newest snapshot hold what the source holds now. */
  void freshen(Optional<BranchName> from) {
    StoredSource source = new Ancestry(ground.register()).sourceOf(from);
    Following following =
        requireFollowed(
            source, "Leave out --fresh, or remove the source and add it without --no-follow.");
    following.catchUp(FRESH_PATIENCE);
    Optional<StoredSnapshot> newest = ground.register().newest(source);
    if (newest.isEmpty() || movedOn(source, newest.get())) {
      seal(source, Optional.empty());
    }
  }

  /** Waits for none of them. */
  void compareWhereDue(Executor threads) {
    Instant now = ground.clock().instant();
    for (StoredSource source : ground.register().sources()) {
      followings
          .of(source)
          .filter(following -> following.definitions().isDue(now))
          .ifPresent(following -> following.definitions().compare(threads));
    }
  }

  void releaseSlots() {
    releases.run();
  }

  /** Replaces each base that cannot be brought in step any more, and waits for none of them. */
  void renewWhereDue(Executor threads) {
    Instant now = ground.clock().instant();
    for (StoredSource source : ground.register().sources()) {
      followings
          .of(source)
          .filter(following -> following.renewalDue(now))
          .ifPresent(following -> {
            following.renewing();
            threads.execute(() -> renew(source, following));
          });
    }
  }

  /** As if it could not be brought in step any more. */
  void renewSoon(StoredSource source) {
    requireReady(source);
    requireFollowed(
            source, "Add it under another name, with another base, or remove it and add it again.")
        .renewSoon();
  }

  private Following requireFollowed(StoredSource source, String hint) {
    return followings
        .of(source)
        .orElseThrow(() ->
            new BranchException(
                BranchFailure.SOURCE_NOT_READY,
                "Source \"" + source.name() + "\" is not followed, so nothing newer is to be had",
                hint));
  }

  private void renew(StoredSource source, Following former) {
    try {
      if (alone(source.name(), () -> renewAlone(source, former))) {
        LOG.info("Source {} has been pulled anew", source.name());
      }
    } catch (RuntimeException e) {
      LOG.warn("Source {} could not be pulled anew: {}", source.name(), e.getMessage());
      former.notRenewed(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Beside the old base, whose snapshots stay as long as they are kept or branches need them. False
   * if the source was removed meanwhile.
   */
  private boolean renewAlone(StoredSource source, Following former) {
    if (followings.of(source).filter(former::equals).isEmpty()) {
      return false;
    }
    former.close();
    FollowPlan plan = source.follow().orElseThrow();
    Source production = production(source);
    // What is no use any more may be what leaves no room for another.
    production.release(plan.slot());
    SourceCheck check = production.check(source.pull().limits().replicaOnly());
    requirePassed(source.name(), check);
    FollowWish wish =
        wish(
            source.address(),
            source.origin().providerNamed(),
            plan.ownsPublication() ? Optional.empty() : Optional.of(plan.publication()),
            plan.ownsRecorder(),
            true);
    BranchId base = ground.store().create();
    try {
      BasePull.Result result =
          pull.run(
              production,
              source.pull().following(wish),
              source.on(base),
              check.facts(),
              event -> {});
      complete(source.on(base), base, check.facts(), result);
      source.base().ifPresent(ground::discard);
      return true;
    } catch (RuntimeException e) {
      ground.discard(base);
      throw Failures.translate(e);
    } finally {
      releases.decided(wish.slot());
    }
  }

  static Source production(StoredSource source) {
    // What was found out tells nothing of how it is to be reached: it was reached without.
    return Source.at(source.address(), Providers.named(source.origin().providerNamed()));
  }

  static BranchId requireReady(StoredSource source) {
    if (source.state() == SourceInfo.State.READY && source.base().isPresent()) {
      return source.base().get();
    }
    boolean failed = source.state() == SourceInfo.State.FAILED;
    throw new BranchException(
        BranchFailure.SOURCE_NOT_READY,
        failed
            ? "Source \"%s\" holds nothing: its pull failed: %s"
                .formatted(source.name(), source.detail())
            : "Source \"%s\" is still being pulled".formatted(source.name()),
        failed
            ? "Repeat it with: coppice source add " + source.name() + " URL"
            : "Wait until `coppice source get " + source.name() + "` says READY.");
  }

  void remove(StoredSource source) {
    alone(
        source.name(),
        () -> {
          long branches =
              ground.register().branches().stream()
                  .filter(branch -> branch.stored().source().equals(source.id()))
                  .count();
          if (branches > 0) {
            throw hasBranches(source, branches, null);
          }
          List<StoredSnapshot> snapshots =
              ground.register().snapshots().stream()
                  .filter(snapshot -> snapshot.source().equals(source.id()))
                  .toList();
          try {
            ground.catalogue().delete(source);
          } catch (BranchException e) {
            throw e.failure() == BranchFailure.SNAPSHOT_IN_USE ? hasBranches(source, 1, e) : e;
          }
          ground.register().remove(source);
          followings.stop(source);
          pool.abandon(source.id());
          ground.discard(snapshots.stream().map(StoredSnapshot::id).toList());
          source.base().ifPresent(ground::discard);
          releases.added();
          releases.run();
          return source;
        });
  }

  private static BranchException hasBranches(
      StoredSource source, long branches, @Nullable Throwable cause) {
    return new BranchException(
        BranchFailure.SOURCE_HAS_BRANCHES,
        "Source \"%s\" has %d branches".formatted(source.name(), branches),
        "Delete them first; `coppice branch list` shows them.",
        cause);
  }

  private <T> T alone(BranchName name, Supplier<T> work) {
    if (!busy.add(name)) {
      throw new BranchException(
          BranchFailure.BRANCH_BUSY,
          "Source \"" + name + "\" is being added, sealed or removed",
          "Wait for that to end, then try again.");
    }
    try {
      return work.get();
    } finally {
      busy.remove(name);
    }
  }
}
