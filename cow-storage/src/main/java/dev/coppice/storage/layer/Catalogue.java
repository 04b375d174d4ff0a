package dev.coppice.storage.layer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What the journal says exists. Not thread-safe. */
public final class Catalogue {

  private final Map<UUID, Edit.LayerAdded> layers = new LinkedHashMap<>();
  private final Map<UUID, UUID> branches = new LinkedHashMap<>();
  private final Map<UUID, Edit.SnapshotPut> snapshots = new LinkedHashMap<>();
  private long reservedFileIds;
  private UUID boot = Edit.NONE;

  public void apply(Edit edit) {
    switch (edit) {
      case Edit.LayerAdded e -> layers.put(e.layer(), e);
      case Edit.BranchPut e -> branches.put(e.branch(), e.topLayer());
      case Edit.BranchDropped e -> branches.remove(e.branch());
      case Edit.SnapshotPut e -> snapshots.put(e.snapshot(), e);
      case Edit.SnapshotDropped e -> snapshots.remove(e.snapshot());
      case Edit.FileIdsReserved e -> reservedFileIds = Math.max(reservedFileIds, e.end());
      case Edit.Booted e -> boot = e.boot();
      case Edit.LayersMerged e -> merge(e);
    }
  }

  private void merge(Edit.LayersMerged merge) {
    List<Edit.LayerAdded> all = List.copyOf(layers.values());
    layers.clear();
    for (Edit.LayerAdded added : all) {
      Edit.LayerAdded now = added;
      if (added.layer().equals(merge.lower())) {
        now =
            new Edit.LayerAdded(
                merge.merged(), added.parent(), added.parentLogEnd(), added.without());
      } else if (merge.upper().equals(added.parent())) {
        now =
            new Edit.LayerAdded(
                added.layer(), merge.merged(), added.parentLogEnd(), added.without());
      }
      if (!added.layer().equals(merge.upper())) {
        layers.put(now.layer(), now);
      }
    }
    snapshots.replaceAll((id, put) ->
        put.layer().equals(merge.upper())
            ? new Edit.SnapshotPut(put.snapshot(), merge.merged(), put.without())
            : put);
  }

  /** Forgets the layers that neither a branch nor a snapshot stands on. */
  public void collect() {
    Set<UUID> live = new HashSet<>();
    branches.values().forEach(top -> markLineage(top, live));
    snapshots.values().forEach(snapshot -> markLineage(snapshot.layer(), live));
    layers.keySet().retainAll(live);
  }

  private void markLineage(UUID from, Set<UUID> live) {
    UUID at = from;
    while (at != null && live.add(at)) {
      Edit.LayerAdded layer = layers.get(at);
      if (layer == null) {
        throw new IllegalStateException("layer " + at + " is referred to and was never added");
      }
      at = layer.parent();
    }
  }

  /** In the order of their creation, parents before their children. */
  public List<Edit.LayerAdded> layers() {
    return List.copyOf(layers.values());
  }

  /** In an order that is the same at every open, so that a simulation can be replayed. */
  public Map<UUID, UUID> branches() {
    return Collections.unmodifiableMap(new LinkedHashMap<>(branches));
  }

  public List<Edit.SnapshotPut> snapshots() {
    return List.copyOf(snapshots.values());
  }

  public long reservedFileIds() {
    return reservedFileIds;
  }

  public UUID boot() {
    return boot;
  }

  /** The shortest list of edits that leads here. */
  List<Edit> edits() {
    List<Edit> edits = new ArrayList<>(layers.values());
    branches.forEach((branch, top) -> edits.add(new Edit.BranchPut(branch, top)));
    edits.addAll(snapshots.values());
    edits.add(new Edit.FileIdsReserved(reservedFileIds));
    edits.add(new Edit.Booted(boot));
    return edits;
  }
}
