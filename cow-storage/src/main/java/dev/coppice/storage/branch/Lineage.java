package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Layer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Counts what stands on each layer: branches, snapshots and other layers. Not thread-safe. */
final class Lineage {

  private final Map<Layer, Integer> uses = new LinkedHashMap<>();

  /** A layer with its parents; each counts the one above it once. */
  void hold(Layer layer) {
    Layer at = layer;
    while (at != null && uses.merge(at, 1, Integer::sum) == 1) {
      at = at.parent();
    }
  }

  /** Returns the layers that nothing stands on any more, newest first. */
  List<Layer> release(Layer layer) {
    List<Layer> dead = new ArrayList<>();
    Layer at = layer;
    while (at != null && uses.merge(at, -1, Integer::sum) == 0) {
      uses.remove(at);
      dead.add(at);
      at = at.parent();
    }
    return dead;
  }

  /** The layers that would die with this one. */
  List<Layer> onlyHeldBy(Layer layer) {
    List<Layer> only = new ArrayList<>();
    Layer at = layer;
    while (at != null && uses.getOrDefault(at, 0) == 1) {
      only.add(at);
      at = at.parent();
    }
    return only;
  }

  int size() {
    return uses.size();
  }

  /** A frozen layer and the only one that stands on it. */
  record Pair(Layer lower, Layer upper) {}

  /** The pairs that could be one layer. */
  List<Pair> pairs() {
    List<Pair> pairs = new ArrayList<>();
    for (Layer upper : uses.keySet()) {
      Layer lower = upper.parent();
      if (lower != null && mergeable(lower, upper)) {
        pairs.add(new Pair(lower, upper));
      }
    }
    return pairs;
  }

  boolean mergeable(Layer lower, Layer upper) {
    return uses.getOrDefault(lower, 0) == 1
        && uses.containsKey(upper)
        && lower.equals(upper.parent())
        && lower.mergeable()
        && upper.mergeable();
  }

  /** Puts a layer in the place of two. */
  void replace(Layer lower, Layer upper, Layer merged) {
    Integer users = uses.remove(upper);
    uses.remove(lower);
    if (users == null) {
      throw new IllegalStateException("layer " + upper.id() + " is not in use");
    }
    uses.put(merged, users);
    for (Layer layer : uses.keySet()) {
      if (upper.equals(layer.parent())) {
        layer.rebase(merged);
      }
    }
  }

  Set<Layer> layers() {
    return new LinkedHashSet<>(uses.keySet());
  }
}
