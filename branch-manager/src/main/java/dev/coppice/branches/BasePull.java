package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.engine.Engine;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineLocale;
import dev.coppice.branches.engine.EngineSettings;
import dev.coppice.branches.engine.Installation;
import dev.coppice.providers.FidelityNote;
import dev.coppice.providers.LocalEngine;
import dev.coppice.providers.PullListener;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.PullReport;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceFacts;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.Staging;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fills a new base: an empty engine, the pull, an orderly end. */
final class BasePull {

  record Result(PullReport report, List<FidelityNote> notes) {}

  private final Ground ground;
  private final BranchEngines engines;

  BasePull(Ground ground, BranchEngines engines) {
    this.ground = ground;
    this.engines = engines;
  }

  Result run(
      Source source,
      PullOptions options,
      StoredSource target,
      SourceFacts facts,
      PullListener listener) {
    BranchId base = target.base().orElseThrow();
    Installation installation = engines.installation(target.engine());
    List<FidelityNote> notes = new ArrayList<>();
    if (installation.major() != facts.major()) {
      notes.add(
          new FidelityNote(
              "engine",
              "PostgreSQL " + facts.major(),
              "replaced",
              "PostgreSQL %s serves the branches; none of major %d is on this machine."
                  .formatted(installation.version(), facts.major())));
    }
    // On a plain directory: nothing needs to be copied on write before there is a first snapshot.
    try (Staging staging = ground.store().stage()) {
      initialise(installation, staging.directory(), facts).ifPresent(notes::add);
      PullReport report = fill(source, options, installation, base, staging, facts, listener);
      ground.store().fill(base, staging);
      notes.addAll(report.fidelity());
      return new Result(report, notes);
    }
  }

  private PullReport fill(
      Source source,
      PullOptions options,
      Installation installation,
      BranchId base,
      Staging staging,
      SourceFacts facts,
      PullListener listener) {
    Engine engine =
        engines.startAt(
            base, staging.directory(), installation, EngineSettings.load(installation.major()));
    try {
      Path socket = engine.socket();
      PullReport report =
          source.pull(
              new LocalEngine(socket.resolveSibling(""), EngineHost.PORT, EngineHost.SUPERUSER),
              options,
              listener);
      new BaseImage(socket, facts.database()).settle();
      return report;
    } finally {
      engine.stopFast(BranchEngines.STOP_TIMEOUT);
      engines.forget(base);
    }
  }

  private Optional<FidelityNote> initialise(
      Installation installation, Path data, SourceFacts facts) {
    EngineLocale wished =
        new EngineLocale(
            facts.encoding(),
            facts.localeProvider(),
            facts.collate(),
            facts.ctype(),
            Optional.ofNullable(facts.locale()));
    EngineLocale used = ground.host().initialise(installation, data, wished);
    if (used.equals(wished)) {
      return Optional.empty();
    }
    return Optional.of(
        new FidelityNote(
            "collation",
            wished.description(),
            "replaced",
            ("This machine lacks it; %s orders text instead. For the original: "
                    + "add the locale to the system and pull again.")
                .formatted(used.description())));
  }
}
