package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.tree.PageMap;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/**
 * Makes what a branch holds durable, from the oldest layer that may not be yet to the top. Returns
 * 0 or a negated errno.
 */
final class Durability {

  private final Journal journal;

  Durability(Journal journal) {
    this.journal = journal;
  }

  /** One file as far as the top's log says, and what layers below hold of it. */
  int syncFile(Layer top, long fileId, PageMap<Delta> pages, long logOffset) {
    int below = syncBelow(top, fileId, pages);
    return below < 0 ? below : top.syncFile(fileId, logOffset);
  }

  /** What frozen layers hold of a file may not be durable yet; 0 stands for names alone. */
  int syncBelow(Layer top, long fileId, PageMap<Delta> pages) {
    Deque<Layer> layers = notDurableBelow(top);
    Set<Delta> shared = layers.isEmpty() ? Set.of() : notDurable(pages, fileId);
    for (Layer layer : layers) {
      int result = journal.sync(layer.journalOffset());
      if (result >= 0) {
        result = layer.syncFile(fileId, layer.logEnd());
      }
      for (Delta delta : shared) {
        if (result >= 0 && delta.layer().equals(layer)) {
          result = layer.syncFile(delta.fileId(), layer.logEnd());
        }
      }
      if (result < 0) {
        return result;
      }
    }
    return journal.sync(top.journalOffset());
  }

  /** What a file shares of other files' pages that may not be durable yet. */
  private static Set<Delta> notDurable(PageMap<Delta> pages, long fileId) {
    Set<Delta> shared = new HashSet<>();
    pages.forEachRun((first, count, owner) -> {
      if (owner.fileId() != fileId && owner.layer().frozen() && !owner.layer().durable()) {
        shared.add(owner);
      }
    });
    return shared;
  }

  /** Every change of names so far. */
  int syncNames(Layer top) {
    int below = syncBelow(top, 0, PageMap.empty());
    return below < 0 ? below : top.syncLog(top.logEnd());
  }

  int syncAll(Layer top) {
    int result = journal.sync(top.journalOffset());
    return result < 0 ? result : syncLineage(top);
  }

  /** A layer with all those that it rests on. */
  static int syncLineage(Layer layer) {
    for (Layer below : notDurableBelow(layer)) {
      int result = below.syncAll();
      if (result < 0) {
        return result;
      }
    }
    return layer.syncAll();
  }

  /** Oldest first; what lies below a durable layer is durable as well. */
  private static Deque<Layer> notDurableBelow(Layer layer) {
    Deque<Layer> layers = new ArrayDeque<>();
    for (Layer at = layer.parent(); at != null && !at.durable(); at = at.parent()) {
      layers.addFirst(at);
    }
    return layers;
  }
}
