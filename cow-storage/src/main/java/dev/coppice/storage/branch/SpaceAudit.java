package dev.coppice.storage.branch;

import dev.coppice.storage.SpaceCheck;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.LayerSpace;
import dev.coppice.storage.layer.SpaceTally;
import dev.coppice.storage.layer.StoreFiles;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Compares what every layer, log and manifest and the journal say with what lies below the store's
 * directory. Runs in the background, where nobody seals or deletes meanwhile, and no merge ends;
 * each branch stands still while its top layer is looked at.
 */
final class SpaceAudit {

  private final BranchStore store;
  private final Merging merging;
  private final Deletions deletions;
  private final StoreFiles files;
  private final SpaceTally tally;

  SpaceAudit(BranchStore store, Merging merging, Deletions deletions) {
    this.store = store;
    this.merging = merging;
    this.deletions = deletions;
    this.files = store.files();
    this.tally = new SpaceTally(files);
  }

  SpaceCheck run() {
    return merging.whileNoneEnds(this::examineAll);
  }

  private SpaceCheck examineAll() {
    // First what there is: a layer that is made meanwhile is not among it.
    Set<Path> found = new HashSet<>();
    files.disk().list(files.layers()).forEach(name -> found.add(files.layers().resolve(name)));
    for (Layer layer : store.layersInUse()) {
      examine(layer);
      found.remove(layer.directory());
    }
    for (Path directory : found) {
      long bytes = bytesBelow(directory);
      if (deletions.pending(directory) || merging.unfinished(directory)) {
        tally.pending(bytes);
      } else {
        tally.orphan(directory, bytes);
      }
    }
    examineTop();
    return tally.result();
  }

  private void examine(Layer layer) {
    store
        .branchOn(layer)
        .ifPresent(branch ->
            branch.examine((top, state) -> {
              if (top.equals(layer)) {
                examine(layer, state);
              }
            }));
    FileTree frozen = LayerSpace.frozenState(layer);
    if (frozen != null) {
      examine(layer, frozen);
    }
  }

  private void examine(Layer layer, FileTree state) {
    new LayerSpace(layer, state, store::keepsOpen, tally).examine();
  }

  private void examineTop() {
    for (String name : files.disk().list(files.directory())) {
      Path path = files.directory().resolve(name);
      if (path.equals(files.journal()) || path.equals(files.lock())) {
        tally.record(path);
      } else if (path.equals(files.logs())) {
        examineLogs(path);
      } else if (path.equals(files.incoming())) {
        tally.staged(bytesBelow(path));
      } else if (!path.equals(files.layers())) {
        tally.orphan(path, bytesBelow(path));
      }
    }
  }

  private void examineLogs(Path logs) {
    for (String name : files.disk().list(logs)) {
      Path log = logs.resolve(name);
      long bytes = bytesBelow(log);
      switch (store.log(name)) {
        case IN_USE -> tally.log(bytes);
        case IN_PASSING -> tally.pending(bytes);
        case UNKNOWN -> tally.orphan(log, bytes);
      }
    }
  }

  /** Of a file, or of all files below a directory. */
  private long bytesBelow(Path path) {
    long bytes = 0;
    for (String name : files.disk().list(path)) {
      bytes += bytesBelow(path.resolve(name));
    }
    return files.disk().isDirectory(path) ? bytes : files.fileBytes(path);
  }
}
