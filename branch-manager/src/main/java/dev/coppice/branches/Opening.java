package dev.coppice.branches;

import dev.coppice.branches.catalogue.Catalogue;
import dev.coppice.branches.catalogue.CatalogueEngine;
import dev.coppice.branches.catalogue.Contents;
import dev.coppice.branches.catalogue.StoredBranch;
import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.catalogue.Vault;
import dev.coppice.branches.engine.Confinement;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineUser;
import dev.coppice.branches.engine.Installations;
import dev.coppice.branches.engine.WriteAheadLog;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.StoreConfig;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Everything that happens from a data directory to a manager; undone if a step of it fails. */
final class Opening {

  private static final Logger LOG = LoggerFactory.getLogger(Opening.class);

  private final ManagerConfig config;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  Opening(ManagerConfig config) {
    this.config = config;
  }

  BranchManager run(PasswordVerifier verifier, MeterRegistry meters) {
    boolean complete = false;
    try {
      BranchManager manager = Failures.translated(() -> open(verifier, meters));
      complete = true;
      return manager;
    } finally {
      if (!complete) {
        undo();
      }
    }
  }

  private BranchManager open(PasswordVerifier verifier, MeterRegistry meters) {
    Path data = config.dataDirectory().toAbsolutePath();
    Path run = config.runDirectory().toAbsolutePath();
    DirectoryLock locks = opened(DirectoryLock.take(data, run));
    EngineHost host = host(data, run);
    Installations installations =
        Installations.discover(
            config.postgresDirectories(),
            config.embeddedArchives(),
            Installations.unpackFolder(host.user(), data));
    PageStore store = opened(store(data, run, host.user()));
    store.watch(meters);
    SecureRandom random = new SecureRandom();
    CatalogueEngine catalogueEngine =
        opened(CatalogueEngine.open(store, host, installations, data.resolve("catalogue")));
    Catalogue catalogue =
        opened(catalogueEngine.connect(Vault.open(data.resolve("secret.key"), random)));
    ExecutorService workers =
        opened(
            Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("coppice-worker-", 0).factory()));
    Register register = new Register();
    Ground ground =
        new Ground(
            config,
            store,
            host,
            installations,
            catalogue,
            register,
            new Passwords(verifier, random, workers),
            new Metrics(meters, register),
            workers,
            InstantSource.system());
    Governor governor = new Governor(config.room());
    BranchEngines engines =
        new BranchEngines(
            store, host, installations, governor, Runtime.getRuntime().availableProcessors());
    WarmPool pool = new WarmPool(store, engines, ground.passwords(), config.warmEngines(), workers);
    Metrics.watch(meters, pool);
    Metrics.watch(meters, governor);
    governor.evictBy(new Eviction(register, pool, ground.metrics())::stopOne);
    Followings followings = new Followings(ground, engines);
    Branches branches = new Branches(ground, engines, pool);
    recover(ground, branches, catalogueEngine.store());
    register
        .sources()
        .forEach(
            source -> register.newest(source).ifPresent(newest -> pool.follow(source, newest)));
    Sources sources = new Sources(ground, engines, pool, followings);
    sources.resume();
    Sweeper sweeper = new Sweeper(ground, branches, governor, pool);
    sweeper.start();
    Freshness freshness = new Freshness(sources);
    freshness.start();
    return new LocalBranchManager(
        ground,
        sources,
        branches,
        followings,
        new Shutdown(
            ground,
            sweeper,
            freshness,
            followings,
            pool,
            catalogue,
            catalogueEngine,
            store,
            locks,
            workers));
  }

  private static PageStore store(Path data, Path run, EngineUser user) {
    return PageStore.open(
        new StoreConfig(
            data.resolve("store"),
            run.resolve("mnt"),
            user.uid(),
            user.gid(),
            Optional.of(new WriteAheadLog())));
  }

  private EngineHost host(Path data, Path run) {
    EngineUser user = EngineUser.choose(config.engineUser());
    Confinement confinement = Confinement.probe(user);
    LOG.info(
        "Engines run as {}, {}",
        user.name(),
        confinement.ownNetwork()
            ? "each in an empty network namespace"
            : "without a network namespace of their own, which this kernel does not allow");
    return EngineHost.open(confinement, run, data.resolve("log"));
  }

  /** The catalogue is the truth: what it does not name in the store was never completed. */
  private static void recover(Ground ground, Branches branches, BranchId catalogue) {
    Contents contents = ground.catalogue().load();
    Set<BranchId> knownBranches = new HashSet<>(Set.of(catalogue));
    Set<SnapshotId> knownSnapshots = new HashSet<>();
    for (StoredSource source : contents.sources()) {
      StoredSource settled = source;
      if (source.state() == SourceInfo.State.PULLING) {
        settled = source.failed("The server ended during the pull.");
        ground.catalogue().update(settled);
      }
      ground.register().put(settled);
      settled.base().ifPresent(knownBranches::add);
    }
    for (StoredSnapshot snapshot : contents.snapshots()) {
      ground.register().put(snapshot);
      knownSnapshots.add(snapshot.id());
    }
    for (StoredBranch branch : contents.branches()) {
      LiveBranch live = branches.enlistFound(branch);
      ground.register().put(live);
      knownBranches.add(live.stored().store());
    }
    ground.store().branches().stream()
        .filter(branch -> !knownBranches.contains(branch))
        .forEach(ground::discard);
    ground.discard(
        ground.store().snapshots().stream()
            .filter(snapshot -> !knownSnapshots.contains(snapshot))
            .toList());
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.push(resource);
    return resource;
  }

  private void undo() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        LOG.warn("Could not close everything after a failed start", e);
      }
    }
  }
}
