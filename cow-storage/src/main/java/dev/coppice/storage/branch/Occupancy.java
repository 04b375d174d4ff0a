package dev.coppice.storage.branch;

import dev.coppice.storage.BranchSpace;
import dev.coppice.storage.FileSpace;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a branch occupies that nothing else needs.
 *
 * @param own the layers that nothing else rests on
 */
record Occupancy(Branch branch, List<Layer> own, DetachedLogs logs) {

  BranchSpace space() {
    List<FileSpace> log = logs.ownFiles(branch.id());
    long layerBytes = own.stream().mapToLong(Layer::allocatedBytes).sum();
    long logBytes = log.stream().mapToLong(FileSpace::ownBytes).sum();
    long logSize = log.stream().mapToLong(FileSpace::logicalBytes).sum();
    return new BranchSpace(layerBytes + logBytes, branch.logicalBytes() + logSize);
  }

  List<FileSpace> files() {
    Map<Long, Long> bytes = new HashMap<>();
    own.forEach(layer ->
        layer.deltas().fileBytes().forEach((file, held) -> bytes.merge(file, held, Long::sum)));
    FileTree tree = branch.state();
    List<FileSpace> files = new ArrayList<>(logs.ownFiles(branch.id()));
    bytes.forEach((file, held) -> files.add(fileSpace(tree, file, held)));
    return files;
  }

  private static FileSpace fileSpace(FileTree tree, long file, long ownBytes) {
    Node node = tree.node(file);
    return node == null
        ? new FileSpace(file, List.of(), ownBytes, 0)
        : new FileSpace(file, Differences.paths(tree, node), ownBytes, node.size());
  }

  /** Adds a layer with all those that it rests on. */
  static void addLineage(Set<Layer> layers, @Nullable Layer newest) {
    Layer at = newest;
    while (at != null && layers.add(at)) {
      at = at.parent();
    }
  }
}
