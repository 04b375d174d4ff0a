package dev.coppice.branches.catalogue;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.engine.Engine;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineLocale;
import dev.coppice.branches.engine.EngineSession;
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
import java.util.Properties;
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
  // Written with the lock of this.
  private volatile @Nullable Engine engine;
  private volatile int attempts;
  // Guarded by this: of the last attempt, if that failed.
  private @Nullable RuntimeException failure;
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
    attempts++;
    try {
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
      failure = null;
      var _ = started.ended().thenAcceptAsync(this::restart);
    } catch (RuntimeException e) {
      failure = e;
      throw e;
    }
  }

  private synchronized void restart(Engine ended) {
    if (closed || engine != ended) {
      return;
    }
    LOG.warn("The catalogue's engine has ended; restarting it. {}", ended.lastLogLines());
    try {
      start();
    } catch (RuntimeException e) {
      LOG.error("The catalogue's engine cannot be restarted; the next who needs it tries again", e);
    }
  }

  /**
   * Starts it if it has ended and could not be restarted then. Throws what the attempt failed of;
   * those who wait for an attempt share its outcome. Returns a number that differs after each
   * start.
   */
  int require() {
    int known = attempts;
    if (runs()) {
      return known;
    }
    synchronized (this) {
      if (!closed && !runs()) {
        if (attempts != known && failure != null) {
          throw failure;
        }
        start();
      }
      return attempts;
    }
  }

  private boolean runs() {
    Engine current = engine;
    return current != null && current.alive();
  }

  /** Whether want of space explains that its sessions end. */
  boolean lacksSpace() {
    Engine current = engine;
    return current != null && current.lacksSpace();
  }

  /** Connects to it, and brings its schema up to date. */
  public Catalogue connect(Vault vault) {
    Engine current = engine;
    if (current == null) {
      throw new IllegalStateException("not started");
    }
    Properties login = EngineSession.properties(current.socket(), DATABASE, EngineHost.SUPERUSER);
    return Catalogue.open(this, login, vault);
  }

  /** The branch that it lives on. */
  public BranchId store() {
    return place.store();
  }

  @Override
  public synchronized void close() {
    closed = true;
    Engine current = engine;
    if (current != null) {
      current.stopFast(TIMEOUT);
    }
  }
}
