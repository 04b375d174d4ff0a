package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Catalogue;
import dev.coppice.storage.layer.Edit;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.OpenDeltas;
import dev.coppice.storage.layer.RecordLog;
import dev.coppice.storage.layer.StoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Opens a store, creating or recovering it. */
public final class StoreOpening {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");
  private static final int MAX_OPEN_DELTAS = 4096;

  /** Ids below are for the root directory and what later versions may need. */
  private static final long FIRST_FILE_ID = 16;

  private StoreOpening() {}

  public static BranchStore open(Path directory) {
    return open(directory, currentBoot());
  }

  /**
   * @param boot differs between two runs of the machine
   */
  static BranchStore open(Path directory, UUID boot) {
    StoreFiles files = new StoreFiles(directory);
    try {
      Files.createDirectories(files.layers());
    } catch (IOException e) {
      throw StoreFiles.failure("create", files.layers(), e);
    }
    StoreLock lock = StoreLock.acquire(files);
    try {
      return recover(files, lock, boot);
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static BranchStore recover(StoreFiles files, StoreLock lock, UUID boot) {
    Catalogue catalogue = new Catalogue();
    UUID storeId = UUID.randomUUID();
    RecordLog.Tail tail = RecordLog.Tail.KILLED;
    if (Journal.exists(files)) {
      // Nothing is acknowledged before the journal is synced, so a torn end never counted.
      storeId = Journal.read(files, catalogue, RecordLog.Tail.POWER_LOST);
      tail = catalogue.boot().equals(boot) ? RecordLog.Tail.KILLED : RecordLog.Tail.POWER_LOST;
    }
    removeUnknownLayers(files, catalogue);
    OpenDeltas openDeltas = new OpenDeltas(MAX_OPEN_DELTAS);
    Map<UUID, Layer> layers = new HashMap<>();
    Map<UUID, FileTree> trees = new HashMap<>();
    loadLayers(files, catalogue, openDeltas, tail, layers, trees);
    catalogue.apply(new Edit.Booted(boot));
    catalogue.apply(new Edit.FileIdsReserved(Math.max(FIRST_FILE_ID, catalogue.reservedFileIds())));
    Journal journal = Journal.start(files, storeId, catalogue);
    BranchStore store =
        new BranchStore(files, lock, journal, openDeltas, catalogue.reservedFileIds());
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
    try (var entries = Files.newDirectoryStream(files.layers())) {
      for (Path entry : entries) {
        if (!known.contains(entry.getFileName().toString())) {
          StoreFiles.deleteTree(entry);
        }
      }
    } catch (IOException e) {
      throw StoreFiles.failure("clean", files.layers(), e);
    }
  }

  private static UUID currentBoot() {
    try {
      return UUID.fromString(Files.readString(BOOT_ID).strip());
    } catch (IOException e) {
      throw StoreFiles.failure("read", BOOT_ID, e);
    }
  }
}
