package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.engine.ControlFile;
import dev.coppice.branches.engine.Engine;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineSettings;
import dev.coppice.branches.engine.EngineStart;
import dev.coppice.branches.engine.Installation;
import dev.coppice.branches.engine.Installations;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/** Starts engines on branches of the store, not too many at the same time. */
final class BranchEngines {

  /** Longer than a recovery after heavy writing takes. */
  private static final Duration START_TIMEOUT = Duration.ofMinutes(3);

  static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

  private final PageStore store;
  private final EngineHost host;
  private final Installations installations;
  private final Governor governor;
  private final Semaphore starting;
  private final Map<StoredSource.EngineChoice, Installation> chosen = new ConcurrentHashMap<>();

  BranchEngines(
      PageStore store,
      EngineHost host,
      Installations installations,
      Governor governor,
      int processors) {
    this.store = store;
    this.host = host;
    this.installations = installations;
    this.governor = governor;
    this.starting = new Semaphore(Math.max(2, 2 * processors), true);
  }

  /** Who says when an engine of a branch may start. */
  Governor governor() {
    return governor;
  }

  /** Whether starts are queueing, so that work nobody waits for had better wait itself. */
  boolean congested() {
    return starting.hasQueuedThreads();
  }

  /**
   * Returns once the engine answers; for who has a {@link Governor.Seat}.
   *
   * @param urgent whether somebody waits for it
   */
  Engine start(BranchId branch, StoredSource source, boolean urgent) {
    Installation installation = installation(source.engine());
    Map<String, String> settings = new LinkedHashMap<>(source.settings());
    settings.putAll(EngineSettings.branch(installation.major()));
    return start(
        branch,
        host.log(store, branch),
        installation,
        settings,
        source.origin().database(),
        urgent);
  }

  /** Starts the engine of a base that is being followed. */
  Engine startBase(BranchId base, StoredSource source) {
    Installation installation = installation(source.engine());
    return start(
        base,
        host.log(store, base),
        installation,
        EngineSettings.base(installation.major()),
        source.origin().database(),
        false);
  }

  /** Starts the engine of a branch that is about to be frozen, with its log in it. */
  Engine start(
      BranchId branch, Installation installation, Map<String, String> settings, String database) {
    return start(branch, Optional.empty(), installation, settings, database, false);
  }

  private Engine start(
      BranchId branch,
      Optional<Path> log,
      Installation installation,
      Map<String, String> settings,
      String database,
      boolean urgent) {
    Path data = store.path(branch);
    host.removeStalePid(store, branch);
    byte[] control =
        store.read(branch, ControlFile.NAME, ControlFile.BYTES).orElseGet(() -> new byte[0]);
    if (!ControlFile.cleanlyShutDown(control)) {
      // Recovery relies on it, and the engine's own syncfs(2) does not reach the store.
      store.sync(branch);
    }
    return start(
        new EngineStart(
            name(branch), installation, data, log, settings, database, START_TIMEOUT, urgent));
  }

  /** Starts a branch's engine on files that are not the branch's yet. */
  Engine startAt(
      BranchId branch, Path data, Installation installation, Map<String, String> settings) {
    return start(
        new EngineStart(
            name(branch),
            installation,
            data,
            Optional.empty(),
            settings,
            "postgres",
            START_TIMEOUT));
  }

  private Engine start(EngineStart start) {
    starting.acquireUninterruptibly();
    try {
      return host.start(start);
    } finally {
      starting.release();
    }
  }

  /** The programs that made the base, else others of the same major. */
  Installation installation(StoredSource.EngineChoice choice) {
    return chosen.computeIfAbsent(choice, this::find);
  }

  private Installation find(StoredSource.EngineChoice choice) {
    return installations.at(choice.bin()).orElseGet(() -> installations.exactly(choice.major()));
  }

  void forget(BranchId branch) {
    Ground.leniently("run files of " + branch, () -> host.forget(name(branch)));
  }

  /** Short, since socket paths are; the last twelve digits of an id are random in every version. */
  static String name(BranchId branch) {
    String text = branch.toString();
    return text.substring(text.length() - 12);
  }
}
