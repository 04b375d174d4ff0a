package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.catalogue.StoredSource.EngineChoice;
import dev.coppice.branches.catalogue.StoredSource.Origin;
import dev.coppice.branches.catalogue.StoredSource.Pulled;
import dev.coppice.branches.engine.Installation;
import dev.coppice.providers.CheckItem;
import dev.coppice.providers.FidelityNote;
import dev.coppice.providers.PullListener;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceCheck;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFacts;
import dev.coppice.providers.SourceFailure;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Adds sources, seals their bases anew, removes them. */
final class Sources {

  private static final Logger LOG = LoggerFactory.getLogger(Sources.class);

  private final Ground ground;
  private final WarmPool pool;
  private final Sealing sealing;
  private final BasePull pull;

  /** Sources that are being added, sealed or removed just now. */
  private final Set<BranchName> busy = ConcurrentHashMap.newKeySet();

  Sources(Ground ground, BranchEngines engines, WarmPool pool) {
    this.ground = ground;
    this.pool = pool;
    this.sealing = new Sealing(ground, engines);
    this.pull = new BasePull(ground, engines);
  }

  StoredSource add(AddSource request, PullListener listener) {
    return alone(request.name(), () -> addAlone(request, listener));
  }

  private StoredSource addAlone(AddSource request, PullListener listener) {
    requireFree(request.name());
    Source source = Source.at(request.address(), request.provider());
    SourceCheck check = source.check();
    requirePassed(request.name(), check);
    SourceFacts facts = check.facts();
    Installation installation = ground.installations().atLeast(facts.major(), facts.extensions());
    removeFailed(request.name());
    BranchId base = ground.store().create();
    StoredSource pulling = begin(request, facts, installation, base);
    try {
      return complete(pulling, base, facts, pull.run(source, request, pulling, facts, listener));
    } catch (RuntimeException e) {
      RuntimeException failure = Failures.translate(e);
      fail(pulling, base, failure);
      throw failure;
    }
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
                facts.version(),
                facts.database(),
                facts.owner(),
                facts.ownerIsSuperuser(),
                facts.databaseBytes()),
            new EngineChoice(installation.major(), installation.bin()),
            Optional.of(base),
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
            sealed.prepared().owner(),
            sealed.prepared().settings(),
            notes);
    StoredSnapshot snapshot =
        new StoredSnapshot(
            sealed.snapshot(),
            ready.id(),
            ready.name().value(),
            Names.fresh(now, List.of()),
            ready.id(),
            now,
            true);
    try {
      ground.catalogue().update(ready, snapshot);
    } catch (RuntimeException e) {
      ground.discard(List.of(sealed.snapshot()));
      throw e;
    }
    ground.register().put(snapshot);
    ground.register().put(ready);
    pool.follow(ready, snapshot);
    return ready;
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
          Sealing.Sealed sealed = sealing.seal(base, source, source.settings());
          StoredSnapshot snapshot =
              new StoredSnapshot(
                  sealed.snapshot(),
                  source.id(),
                  source.name().value(),
                  called,
                  source.id(),
                  now,
                  true);
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
          pool.abandon(source.id());
          ground.discard(snapshots.stream().map(StoredSnapshot::id).toList());
          source.base().ifPresent(ground::discard);
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
