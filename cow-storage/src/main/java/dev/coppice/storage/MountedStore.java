package dev.coppice.storage;

import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.branch.StoreOpening;
import dev.coppice.storage.fuse.FuseSession;
import java.nio.file.Path;
import java.util.Set;

/** A store with its mount. */
final class MountedStore implements PageStore {

  private final Path mountPoint;
  private final BranchStore store;
  private final FuseSession session;
  private boolean closed;

  private MountedStore(Path mountPoint, BranchStore store, FuseSession session) {
    this.mountPoint = mountPoint;
    this.store = store;
    this.session = session;
  }

  static MountedStore open(StoreConfig given) {
    StoreConfig config =
        new StoreConfig(
            given.directory().toAbsolutePath().normalize(),
            given.mountPoint().toAbsolutePath().normalize(),
            given.ownerUid(),
            given.ownerGid());
    BranchStore store = StoreOpening.open(config.directory());
    try {
      return new MountedStore(config.mountPoint(), store, FuseSession.start(config, store));
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  @Override
  public Path mountPoint() {
    return mountPoint;
  }

  @Override
  public BranchId create() {
    return store.create();
  }

  @Override
  public SnapshotId freeze(BranchId branch, Set<String> without) {
    return store.freeze(branch, without);
  }

  @Override
  public BranchId fork(SnapshotId parent) {
    return store.fork(parent);
  }

  @Override
  public BranchId fork(BranchId parent, Set<String> without) {
    return store.fork(parent, without);
  }

  @Override
  public void sync(BranchId branch) {
    store.sync(branch);
  }

  @Override
  public void delete(BranchId branch) {
    store.delete(branch);
    session.forget(branch);
  }

  @Override
  public void delete(SnapshotId snapshot) {
    store.delete(snapshot);
  }

  @Override
  public Set<BranchId> branches() {
    return store.branches();
  }

  @Override
  public Set<SnapshotId> snapshots() {
    return store.snapshots();
  }

  @Override
  public BranchSpace space(BranchId branch) {
    return store.space(branch);
  }

  @Override
  public long occupiedBytes(Set<BranchId> branches, Set<SnapshotId> snapshots) {
    return store.occupiedBytes(branches, snapshots);
  }

  @Override
  public StoreCheck check() {
    return store.check();
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      session.close();
      store.close();
    }
  }
}
