package dev.coppice.branches.catalogue;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.engine.Engine;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineLocale;
import dev.coppice.branches.engine.EngineSettings;
import dev.coppice.branches.engine.EngineStart;
import dev.coppice.branches.engine.Installation;
import dev.coppice.branches.engine.Installations;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The engine that serves the catalogue, on a branch of the store that nobody else knows. */
public final class CatalogueEngine implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(CatalogueEngine.class);
  private static final Duration TIMEOUT = Duration.ofMinutes(2);
  private static final String NAME = "catalogue";
  private static final String DATABASE = "postgres";

  private final PageStore store;
  private final EngineHost host;
  private final CataloguePlace place;
  private final Installation installation;
  // Both guarded by this.
  private @Nullable Engine engine;
  private boolean closed;

  private CatalogueEngine(
      PageStore store, EngineHost host, CataloguePlace place, Installation installation) {
    this.store = store;
    this.host = host;
    this.place = place;
    this.installation = installation;
  }

  /** Starts it, on what {@code placeFile} points to or, in a new data directory, on a new one. */
  public static CatalogueEngine open(
      PageStore store, EngineHost host, Installations installations, Path placeFile) {
    Optional<CataloguePlace> known = CataloguePlace.read(placeFile);
    CatalogueEngine catalogue =
        known.isPresent()
            ? existing(store, host, installations, known.get())
            : create(store, host, installations, placeFile);
    catalogue.start();
    return catalogue;
  }

  private static CatalogueEngine existing(
      PageStore store, EngineHost host, Installations installations, CataloguePlace place) {
    if (!store.branches().contains(place.store())) {
      throw new BranchException(
          BranchFailure.CATALOGUE_FAILED,
          "The store does not hold the catalogue (branch " + place.store() + ")",
          "Restore the data directory from a backup, store and catalogue file together.");
    }
    return new CatalogueEngine(store, host, place, installations.exactly(place.major()));
  }

  /**
   * A predecessor that was killed in here has left at most one branch. More than that is a store
   * whose catalogue is lost, and nothing must take it for left-overs.
   */
  private static CatalogueEngine create(
      PageStore store, EngineHost host, Installations installations, Path placeFile) {
    if (store.branches().size() > 1 || !store.snapshots().isEmpty()) {
      throw new BranchException(
          BranchFailure.CATALOGUE_FAILED,
          "The store holds branches, but the file %s that names their catalogue is missing"
              .formatted(placeFile),
          "Restore the file from a backup, or start with an empty data directory.");
    }
    store.branches().forEach(store::delete);
    Installation installation = installations.newest();
    CataloguePlace place = new CataloguePlace(store.create(), installation.major());
    host.initialise(installation, store.path(place.store()), EngineLocale.C_UTF8);
    try {
      place.write(placeFile);
    } catch (IOException e) {
      throw new BranchException(
          BranchFailure.CATALOGUE_FAILED,
          "The file %s cannot be written: %s".formatted(placeFile, e.getMessage()),
          "Check the free space and the permissions of the data directory.",
          e);
    }
    return new CatalogueEngine(store, host, place, installation);
  }

  private synchronized void start() {
    if (closed) {
      return;
    }
    host.removeStalePid(store, place.store());
    Engine started =
        host.start(
            new EngineStart(
                NAME,
                installation,
                store.path(place.store()),
                host.log(store, place.store()),
                EngineSettings.catalogue(installation.major()),
                DATABASE,
                TIMEOUT));
    engine = started;
    var _ = started.ended().thenAcceptAsync(this::restart);
  }

  private synchronized void restart(Engine ended) {
    if (closed) {
      return;
    }
    LOG.warn("The catalogue's engine has ended; restarting it. {}", ended.lastLogLines());
    try {
      start();
    } catch (BranchException e) {
      LOG.error("The catalogue's engine cannot be restarted: {} {}", e.getMessage(), e.hint());
    }
  }

  /** Connects to it, and brings its schema up to date. */
  public Catalogue connect(Vault vault) {
    return Catalogue.open(socket(), DATABASE, EngineHost.SUPERUSER, vault);
  }

  private synchronized Path socket() {
    if (engine == null) {
      throw new IllegalStateException("not started");
    }
    return engine.socket();
  }

  /** The branch that it lives on. */
  public BranchId store() {
    return place.store();
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (engine != null) {
      engine.stopFast(TIMEOUT);
    }
  }
}
