package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.storage.SnapshotId;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** What the catalogue holds, in memory, so that a login asks no database. */
final class Register {

  private static final Comparator<StoredSnapshot> BY_AGE =
      Comparator.comparing(StoredSnapshot::takenAt).thenComparing(StoredSnapshot::name);

  private final ConcurrentMap<BranchName, StoredSource> sources = new ConcurrentHashMap<>();
  private final ConcurrentMap<BranchName, LiveBranch> branches = new ConcurrentHashMap<>();
  private final ConcurrentMap<SnapshotId, StoredSnapshot> snapshots = new ConcurrentHashMap<>();

  List<StoredSource> sources() {
    return sources.values().stream().sorted(Comparator.comparing(StoredSource::name)).toList();
  }

  List<LiveBranch> branches() {
    return branches.values().stream().sorted(Comparator.comparing(LiveBranch::name)).toList();
  }

  Optional<StoredSource> findSource(BranchName name) {
    return Optional.ofNullable(sources.get(name));
  }

  Optional<LiveBranch> findBranch(BranchName name) {
    return Optional.ofNullable(branches.get(name));
  }

  StoredSource source(BranchName name) {
    return findSource(name)
        .orElseThrow(() ->
            new BranchException(
                BranchFailure.SOURCE_NOT_FOUND,
                "There is no source \"" + name + "\"",
                "List them with: coppice source list"));
  }

  StoredSource source(UUID id) {
    for (StoredSource source : sources.values()) {
      if (source.id().equals(id)) {
        return source;
      }
    }
    throw new IllegalStateException("no source " + id);
  }

  LiveBranch branch(BranchName name) {
    return findBranch(name).orElseThrow(() -> noBranch(name.value()));
  }

  static BranchException noBranch(String name) {
    return new BranchException(
        BranchFailure.BRANCH_NOT_FOUND,
        "There is no branch \"" + name + "\"",
        "List them with: coppice branch list; create it with: coppice branch create " + name);
  }

  /** What can have snapshots and is there under neither name. */
  static BranchException nothing(BranchName name) {
    return new BranchException(
        BranchFailure.SOURCE_NOT_FOUND,
        "There is no source and no branch \"" + name + "\"",
        "List them with: coppice source list; coppice branch list");
  }

  StoredSnapshot snapshot(SnapshotId id) {
    return Optional.ofNullable(snapshots.get(id))
        .orElseThrow(() ->
            new BranchException(
                BranchFailure.SNAPSHOT_NOT_FOUND,
                "The snapshot is gone",
                "List those that are left with: coppice snapshot list"));
  }

  /** Oldest first. */
  List<StoredSnapshot> snapshotsOf(UUID owner) {
    return snapshots.values().stream()
        .filter(snapshot -> snapshot.owner().equals(owner))
        .sorted(BY_AGE)
        .toList();
  }

  /** Oldest first. */
  List<StoredSnapshot> snapshots() {
    return snapshots.values().stream().sorted(BY_AGE).toList();
  }

  Optional<StoredSnapshot> newest(StoredSource source) {
    return snapshotsOf(source.id()).stream().reduce((older, newer) -> newer);
  }

  long children(SnapshotId snapshot) {
    return branches.values().stream()
        .filter(branch -> branch.stored().snapshot().equals(snapshot))
        .count();
  }

  void put(StoredSource source) {
    sources.put(source.name(), source);
  }

  void put(StoredSnapshot snapshot) {
    snapshots.put(snapshot.id(), snapshot);
  }

  void put(LiveBranch branch) {
    branches.put(branch.name(), branch);
  }

  void remove(StoredSource source) {
    sources.remove(source.name());
    snapshotsOf(source.id()).forEach(snapshot -> snapshots.remove(snapshot.id()));
  }

  void remove(LiveBranch branch) {
    branches.remove(branch.name(), branch);
  }

  void remove(Collection<SnapshotId> gone) {
    gone.forEach(snapshots::remove);
  }
}
