package dev.coppice.storage.branch;

import dev.coppice.storage.StoreConfig;
import dev.coppice.storage.layer.Catalogue;
import dev.coppice.storage.layer.Edit;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.OpenDeltas;
import dev.coppice.storage.layer.StoreFiles;
import java.nio.file.Path;
import java.util.UUID;

/** Opens a store, creating or recovering it. */
public final class StoreOpening {

  private static final int MAX_OPEN_DELTAS = 4096;

  /** Ids below are for the root directory and what later versions may need. */
  private static final long FIRST_FILE_ID = 16;

  private StoreOpening() {}

  public static BranchStore open(StoreConfig config) {
    StoreFiles files = Platform.real().files(config.directory());
    return open(files, Platform.real(), new DetachedLogs(files, config));
  }

  static BranchStore open(Path directory) {
    return open(directory, Platform.real());
  }

  static BranchStore open(Path directory, Platform platform) {
    StoreFiles files = platform.files(directory);
    return open(files, platform, DetachedLogs.unknown(files));
  }

  private static BranchStore open(StoreFiles files, Platform platform, DetachedLogs logs) {
    makeDirectories(files);
    StoreLock lock = StoreLock.acquire(files);
    try {
      return recover(files, platform, logs, lock::close);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  static void makeDirectories(StoreFiles files) {
    int made = files.makeDirectories(files.layers());
    if (made < 0) {
      throw StoreFiles.failure("create", files.layers(), made);
    }
  }

  /**
   * Opens a store that nobody else has open.
   *
   * @param unlock run when the store is closed
   */
  static BranchStore recover(
      StoreFiles files, Platform platform, DetachedLogs logs, Runnable unlock) {
    Catalogue catalogue = new Catalogue();
    UUID storeId = platform.ids().get();
    boolean powerLost = false;
    if (Journal.exists(files)) {
      storeId = Journal.read(files, catalogue);
      powerLost = !catalogue.boot().equals(platform.boot());
    }
    OpenDeltas openDeltas = new OpenDeltas(MAX_OPEN_DELTAS);
    LayersLoaded loaded = LayersLoaded.load(files, catalogue, openDeltas, powerLost);
    catalogue.apply(new Edit.Booted(platform.boot()));
    catalogue.apply(new Edit.FileIdsReserved(Math.max(FIRST_FILE_ID, catalogue.reservedFileIds())));
    Journal journal = Journal.start(files, storeId, catalogue);
    BranchStore store =
        new BranchStore(
            files, platform, unlock, journal, openDeltas, catalogue.reservedFileIds(), logs);
    store.load(catalogue, loaded.layers(), loaded.trees());
    // Not before what the journal says is durable, or a layer could be missed by an older one.
    store.deleteUnknown();
    return store;
  }
}
