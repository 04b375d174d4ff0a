package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Catalogue;
import dev.coppice.storage.layer.Edit;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.OpenDeltas;
import dev.coppice.storage.layer.RecordLog;
import dev.coppice.storage.layer.StoreFiles;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Opens a store, creating or recovering it. */
public final class StoreOpening {

  private static final int MAX_OPEN_DELTAS = 4096;

  /** Ids below are for the root directory and what later versions may need. */
  private static final long FIRST_FILE_ID = 16;

  private StoreOpening() {}

  public static BranchStore open(Path directory) {
    return open(directory, Platform.real());
  }

  static BranchStore open(Path directory, Platform platform) {
    StoreFiles files = new StoreFiles(directory, platform.disk(), platform.nanoTime());
    int made = files.makeDirectories(files.layers());
    if (made < 0) {
      throw StoreFiles.failure("create", files.layers(), made);
    }
    StoreLock lock = StoreLock.acquire(files);
    try {
      return recover(files, platform, lock::close);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Opens a store that nobody else has open.
   *
   * @param unlock run when the store is closed
   */
  static BranchStore recover(StoreFiles files, Platform platform, Runnable unlock) {
    Catalogue catalogue = new Catalogue();
    UUID storeId = platform.ids().get();
    RecordLog.Tail tail = RecordLog.Tail.KILLED;
    if (Journal.exists(files)) {
      // Nothing is acknowledged before the journal is synced, so a torn end never counted.
      storeId = Journal.read(files, catalogue, RecordLog.Tail.POWER_LOST);
      tail =
          catalogue.boot().equals(platform.boot())
              ? RecordLog.Tail.KILLED
              : RecordLog.Tail.POWER_LOST;
    }
    removeUnknownLayers(files, catalogue);
    OpenDeltas openDeltas = new OpenDeltas(MAX_OPEN_DELTAS);
    Map<UUID, Layer> layers = new HashMap<>();
    Map<UUID, FileTree> trees = new HashMap<>();
    loadLayers(files, catalogue, openDeltas, tail, layers, trees);
    catalogue.apply(new Edit.Booted(platform.boot()));
    catalogue.apply(new Edit.FileIdsReserved(Math.max(FIRST_FILE_ID, catalogue.reservedFileIds())));
    Journal journal = Journal.start(files, storeId, catalogue);
    BranchStore store =
        new BranchStore(files, platform, unlock, journal, openDeltas, catalogue.reservedFileIds());
    store.load(catalogue, layers, trees);
    return store;
  }

  private static void loadLayers(
      StoreFiles files,
      Catalogue catalogue,
      OpenDeltas openDeltas,
      RecordLog.Tail tail,
      Map<UUID, Layer> layers,
      Map<UUID, FileTree> trees) {
    Set<UUID> tops = new HashSet<>(catalogue.branches().values());
    for (Edit.LayerAdded added : catalogue.layers()) {
      UUID parentId = added.parent();
      Layer parent = parentId == null ? null : layers.get(parentId);
      FileTree below = parentId == null ? null : trees.get(parentId);
      Layer layer = new Layer(added.layer(), parent, added.without(), files, openDeltas, 0);
      layers.put(added.layer(), layer);
      trees.put(added.layer(), layer.load(below == null ? FileTree.blank() : below, tail));
      if (!tops.contains(added.layer())) {
        layer.freeze();
      }
    }
  }

  /** What a killed predecessor had not deleted yet, or not acknowledged. */
  private static void removeUnknownLayers(StoreFiles files, Catalogue catalogue) {
    Set<String> known = new HashSet<>();
    catalogue.layers().forEach(layer -> known.add(layer.layer().toString()));
    for (String name : files.disk().list(files.layers())) {
      int removed = known.contains(name) ? 0 : files.removeLayer(files.layers().resolve(name));
      if (removed < 0) {
        throw StoreFiles.failure("clean", files.layers(), removed);
      }
    }
  }
}
