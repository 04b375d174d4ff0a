package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredBranch;
import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.catalogue.StoredSource.Pulled;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.BranchSpace;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.StorageException;
import java.util.stream.Collectors;

/** What callers are told of sources, snapshots and branches. */
final class Descriptions {

  private final Register register;
  private final PageStore store;
  private final Followings follow;

  Descriptions(Register register, PageStore store, Followings follow) {
    this.register = register;
    this.store = store;
    this.follow = follow;
  }

  BranchInfo of(LiveBranch branch) {
    StoredBranch stored = branch.stored();
    StoredSource source = register.source(stored.source());
    return new BranchInfo(
        stored.name(),
        source.name(),
        stored.lineage(),
        register.snapshot(stored.snapshot()).name(),
        branch.awake() ? BranchInfo.State.RUNNING : BranchInfo.State.SUSPENDED,
        stored.access(),
        stored.role(),
        source.origin().database(),
        source.engine().major(),
        ownBytes(stored.store()),
        stored.quotaBytes(),
        stored.durability(),
        stored.createdAt(),
        stored.expiresAt());
  }

  SourceInfo of(StoredSource source) {
    return new SourceInfo(
        source.name(),
        source.address().toString(),
        source.state(),
        source.detail(),
        source.origin().provider(),
        source.origin().version(),
        source.engine().major(),
        source.origin().database(),
        source.origin().owner(),
        source.pulled().map(Pulled::tables).orElse(0L),
        source.pulled().map(Pulled::rows).orElse(0L),
        source.origin().bytes(),
        bytes(source),
        register.newest(source).map(StoredSnapshot::name),
        source.pulled().map(Pulled::lsn),
        source.pulled().map(Pulled::at),
        follow.info(source),
        source.settings(),
        source.fidelity());
  }

  SnapshotInfo of(StoredSnapshot snapshot) {
    return new SnapshotInfo(
        snapshot.name(),
        new BranchName(snapshot.ownerName()),
        snapshot.takenAt(),
        snapshot.stand().map(StoredSnapshot.Stand::lsn),
        snapshot.stand().map(StoredSnapshot.Stand::time),
        register.children(snapshot.id()));
  }

  private long bytes(StoredSource source) {
    return store.occupiedBytes(
        source.base().stream().collect(Collectors.toSet()),
        register.snapshotsOf(source.id()).stream()
            .map(StoredSnapshot::id)
            .collect(Collectors.toSet()));
  }

  /** A branch that is just being deleted occupies nothing. */
  private long ownBytes(BranchId branch) {
    try {
      BranchSpace space = store.space(branch);
      return space.ownBytes();
    } catch (StorageException e) {
      return 0;
    }
  }
}
