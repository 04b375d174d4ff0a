package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.layer.Catalogue;
import dev.coppice.storage.layer.Edit;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.OpenDeltas;
import dev.coppice.storage.layer.StoreFiles;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** The layers that a journal tells of, as they are on disk, with the states that they lead to. */
record LayersLoaded(Map<UUID, Layer> layers, Map<UUID, FileTree> trees) {

  /**
   * @param catalogue what the journal says; told where logs end since a power loss
   */
  static LayersLoaded load(
      StoreFiles files, Catalogue catalogue, OpenDeltas openDeltas, boolean powerLost) {
    Map<UUID, Layer> layers = new HashMap<>();
    Map<UUID, FileTree> trees = new HashMap<>();
    Set<UUID> tops = new HashSet<>(catalogue.branches().values());
    Set<UUID> incomplete = new HashSet<>();
    for (Edit.LayerAdded added : catalogue.layers()) {
      UUID parentId = added.parent();
      Layer parent = parentId == null ? null : requireNonNull(layers.get(parentId));
      FileTree below = parentId == null ? FileTree.blank() : requireNonNull(trees.get(parentId));
      long parentEnd = parent == null ? 0 : parent.life().foundEnd();
      boolean incompleteBelow = parentEnd < added.parentLogEnd();
      if (incompleteBelow && !powerLost) {
        throw tooShort(added, parentEnd);
      }
      boolean discard = incompleteBelow || (parentId != null && incomplete.contains(parentId));
      if (discard) {
        incomplete.add(added.layer());
      }
      Layer layer = new Layer(added.layer(), parent, added.without(), files, openDeltas, 0);
      FileTree tree = layer.load(below, powerLost ? catalogue.boot() : null, discard);
      if (incompleteBelow) {
        catalogue.apply(new Edit.LayerAdded(layer.id(), parentId, parentEnd, added.without()));
      }
      if (!tops.contains(layer.id())) {
        layer.freeze(tree);
      }
      layers.put(layer.id(), layer);
      trees.put(layer.id(), tree);
    }
    return new LayersLoaded(layers, trees);
  }

  private static CorruptStoreException tooShort(Edit.LayerAdded above, long parentEnd) {
    return new CorruptStoreException(
        above.parent() + "/" + Layer.LOG,
        parentEnd,
        "records up to offset " + above.parentLogEnd(),
        "the end");
  }
}
