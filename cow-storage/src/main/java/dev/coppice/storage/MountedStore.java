package dev.coppice.storage;

import dev.coppice.storage.branch.BranchFiles;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.branch.StagingDirectory;
import dev.coppice.storage.branch.StoreOpening;
import dev.coppice.storage.fuse.FuseMeters;
import dev.coppice.storage.fuse.FuseSession;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A store with its mount. Branches with a quota have a second one, through which everything is
 * written at once: what the kernel has taken into its cache can be refused no more, and an engine
 * that learns at a sync that there is no room ends instead of reporting an error.
 */
final class MountedStore implements PageStore {

  private static final String WRITTEN_THROUGH = "-through";

  private final StoreConfig config;
  private final BranchStore store;
  private final FuseSession session;

  /** Kept here, since a meter refers to what it measures but weakly, and stands still without. */
  private final FuseMeters fuseMeters = new FuseMeters(this::sessions);

  private volatile @Nullable FuseSession through;
  private boolean closed;

  private MountedStore(StoreConfig config, BranchStore store, FuseSession session) {
    this.config = config;
    this.store = store;
    this.session = session;
  }

  static MountedStore open(StoreConfig given) {
    StoreConfig config =
        given.at(
            given.directory().toAbsolutePath().normalize(),
            given.mountPoint().toAbsolutePath().normalize());
    BranchStore store = StoreOpening.open(config);
    try {
      StagingDirectory.removeLeftOvers(config);
      FuseSession.removeStale(writtenThrough(config), store);
      return new MountedStore(config, store, FuseSession.start(config, store, true));
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static StoreConfig writtenThrough(StoreConfig config) {
    Path mountPoint = config.mountPoint();
    return config.at(
        config.directory(), mountPoint.resolveSibling(mountPoint.getFileName() + WRITTEN_THROUGH));
  }

  @Override
  public Path mountPoint() {
    return config.mountPoint();
  }

  @Override
  public Path path(BranchId branch) {
    StoreConfig place = store.limited(branch) ? writtenThrough(config) : config;
    return place.mountPoint().resolve(branch.toString());
  }

  @Override
  public BranchId create() {
    return store.create();
  }

  @Override
  public Staging stage() {
    return StagingDirectory.create(config);
  }

  @Override
  public void fill(BranchId empty, Staging staging) {
    if (!(staging instanceof StagingDirectory directory)) {
      throw new IllegalArgumentException("not a staging directory of this store");
    }
    store.fill(empty, directory);
  }

  @Override
  public Optional<byte[]> read(BranchId branch, String file, int mostBytes) {
    return new BranchFiles(store.branch(branch)).start(file, mostBytes);
  }

  @Override
  public Optional<Path> detachLog(BranchId branch) {
    return store.detachLog(branch);
  }

  @Override
  public Optional<Path> attachLog(BranchId branch) {
    return store.attachLog(branch);
  }

  @Override
  public Optional<FileView> detachedLog(BranchId branch) {
    return store.detachedLog(branch);
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
    FuseSession second = through;
    if (second != null) {
      second.forget(branch);
    }
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
  public synchronized void limit(BranchId branch, Optional<Quota> quota) {
    if (quota.isPresent() && through == null) {
      through = FuseSession.start(writtenThrough(config), store, false);
    }
    store.limit(branch, quota);
  }

  @Override
  public void relax(BranchId branch, boolean relaxed) {
    store.branch(branch).relax(relaxed);
  }

  @Override
  public void watch(MeterRegistry meters) {
    fuseMeters.addTo(meters);
    store.watch(meters);
  }

  private List<FuseSession> sessions() {
    FuseSession second = through;
    return second == null ? List.of(session) : List.of(session, second);
  }

  @Override
  public long occupiedBytes(Set<BranchId> branches, Set<SnapshotId> snapshots) {
    return store.occupiedBytes(branches, snapshots);
  }

  @Override
  public List<FileChange> changes(StateId before, StateId after) {
    return store.changes(before, after);
  }

  @Override
  public List<FileSpace> ownFiles(BranchId branch) {
    return store.ownFiles(branch);
  }

  @Override
  public StoreCheck check() {
    return store.check();
  }

  @Override
  public SpaceCheck checkSpace() {
    return store.checkSpace();
  }

  @Override
  public PendingDeletion pendingDeletion() {
    return store.pendingDeletion();
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      FuseSession second = through;
      if (second != null) {
        second.close();
      }
      session.close();
      store.close();
    }
  }
}
