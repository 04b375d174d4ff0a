package dev.coppice.branches.catalogue;

import java.util.List;

/** Everything in the catalogue, at one moment. */
public record Contents(
    List<StoredSource> sources, List<StoredSnapshot> snapshots, List<StoredBranch> branches) {

  public Contents {
    sources = List.copyOf(sources);
    snapshots = List.copyOf(snapshots);
    branches = List.copyOf(branches);
  }
}
