package dev.coppice.storage.branch;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.BranchSpace;
import dev.coppice.storage.FileChange;
import dev.coppice.storage.FileSpace;
import dev.coppice.storage.FileView;
import dev.coppice.storage.PendingDeletion;
import dev.coppice.storage.Quota;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.SpaceCheck;
import dev.coppice.storage.StateId;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StoreCheck;
import dev.coppice.storage.layer.Catalogue;
import dev.coppice.storage.layer.Edit;
import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Journal;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.LayerCheck;
import dev.coppice.storage.layer.OpenDeltas;
import dev.coppice.storage.layer.StoreFiles;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All branches and snapshots of a store, without the mount. Any thread may use it. */
public final class BranchStore implements AutoCloseable {

  private final StoreFiles files;
  private final Runnable unlock;
  private final Supplier<UUID> ids;
  private final Journal journal;
  private final OpenDeltas openDeltas;
  private final FileIds fileIds;
  private final Background background;
  private final Slots slots = new Slots();
  private final Lineage lineage = new Lineage();
  private final Map<BranchId, Branch> branches = new ConcurrentHashMap<>();
  private final Map<SnapshotId, Snapshot> snapshots = new ConcurrentHashMap<>();
  private final Merging merging;
  private final DetachedLogs logs;
  private final LongSupplier nanoTime;

  /** Guards the lineage and the order of the journal. */
  private final Object catalogueLock = new Object();

  BranchStore(
      StoreFiles files,
      Platform platform,
      Runnable unlock,
      Journal journal,
      OpenDeltas openDeltas,
      long firstFreeFileId,
      DetachedLogs logs) {
    this.logs = logs;
    this.files = files;
    this.unlock = unlock;
    this.ids = platform.ids();
    this.nanoTime = platform.nanoTime();
    this.journal = journal;
    this.openDeltas = openDeltas;
    this.fileIds = new FileIds(journal, firstFreeFileId);
    this.background = new Background(platform.background(), journal, files);
    this.merging = new Merging(this, lineage, journal, background);
  }

  /** Takes over what was found on disk. */
  void load(Catalogue catalogue, Map<UUID, Layer> layers, Map<UUID, FileTree> trees) {
    catalogue
        .branches()
        .forEach((id, top) -> {
          Layer layer = require(layers, top);
          lineage.hold(layer);
          add(new BranchId(id), layer, require(trees, top));
        });
    for (Edit.SnapshotPut found : catalogue.snapshots()) {
      Layer layer = require(layers, found.layer());
      lineage.hold(layer);
      FileTree tree = require(trees, found.layer()).withoutTopLevel(found.without(), 0);
      SnapshotId id = new SnapshotId(found.snapshot());
      snapshots.put(id, new Snapshot(id, layer, found.without(), tree));
    }
    for (Layer layer : lineage.layers()) {
      if (layer.frozen()) {
        background.makeDurable(layer, 0);
      }
    }
    branches.values().forEach(Branch::freeSurplus);
    merging.later();
  }

  /** What a killed predecessor had not deleted yet, or not acknowledged. */
  void deleteUnknown() {
    logs.load(branches());
    Set<Path> known = lineage.layers().stream().map(Layer::directory).collect(Collectors.toSet());
    for (String name : files.disk().list(files.layers())) {
      Path directory = files.layers().resolve(name);
      if (!known.contains(directory)) {
        background.delete(directory);
      }
    }
  }

  private static <V> V require(Map<UUID, V> map, UUID key) {
    V value = map.get(key);
    if (value == null) {
      throw new IllegalStateException("no layer " + key);
    }
    return value;
  }

  private Branch add(BranchId id, Layer top, FileTree tree) {
    Branch branch =
        new Branch(
            id, slots.reserve(), tree, top, fileIds, journal, background, this::freezeToShare);
    slots.put(branch);
    branches.put(id, branch);
    return branch;
  }

  /** A branch that has nothing of its own yet. */
  private void start(BranchId id, Layer top, FileTree tree) {
    top.life().startFrom(tree);
    lineage.hold(top);
    add(id, top, tree);
  }

  public UUID storeId() {
    return journal.storeId();
  }

  public StoreFiles files() {
    return files;
  }

  public Slots slots() {
    return slots;
  }

  public Set<BranchId> branches() {
    return Set.copyOf(branches.keySet());
  }

  public Set<SnapshotId> snapshots() {
    return Set.copyOf(snapshots.keySet());
  }

  public @Nullable Branch find(BranchId id) {
    return branches.get(id);
  }

  public Branch branch(BranchId id) {
    Branch branch = branches.get(id);
    if (branch == null) {
      throw Unknown.branch(id);
    }
    return branch;
  }

  private Snapshot snapshot(SnapshotId id) {
    Snapshot snapshot = snapshots.get(id);
    if (snapshot == null) {
      throw Unknown.snapshot(id);
    }
    return snapshot;
  }

  private static Set<String> stored(Set<String> names) {
    return names.stream().map(FileNames::fromText).collect(Collectors.toUnmodifiableSet());
  }

  private Layer layer(UUID id, @Nullable Layer parent, Set<String> without, long journalOffset) {
    return new Layer(id, parent, without, files, openDeltas, journalOffset);
  }

  public BranchId create() {
    BranchId id = new BranchId(ids.get());
    UUID top = ids.get();
    long end;
    synchronized (catalogueLock) {
      end =
          journal.append(
              List.of(
                  new Edit.LayerAdded(top, null, 0, Set.of()),
                  new Edit.BranchPut(id.value(), top)));
      start(id, layer(top, null, Set.of(), end), FileTree.blank());
    }
    journal.syncOrThrow(end);
    return id;
  }

  /** Makes a staging directory's files those of an empty branch, without copying them. */
  public void fill(BranchId id, StagingDirectory staging) {
    try {
      branch(id).fill(staging);
    } catch (IOException e) {
      throw StoreFiles.failure("take over", staging.plain(), e);
    }
  }

  public Optional<Path> detachLog(BranchId id) {
    return logs.detach(branch(id), limited(id));
  }

  public Optional<Path> attachLog(BranchId id) {
    return logs.attach(branch(id));
  }

  public Optional<FileView> detachedLog(BranchId id) {
    return logs.view(branch(id).id());
  }

  public SnapshotId freeze(BranchId id, Set<String> without) {
    if (!logs.has(id)) {
      return freezeAlone(id, without);
    }
    // Durable together with the snapshot.
    BranchId whole = forkWithLog(id, without);
    try {
      return freezeAlone(whole, Set.of());
    } finally {
      delete(whole);
    }
  }

  /** Without a log that lies elsewhere. */
  private SnapshotId freezeAlone(BranchId id, Set<String> without) {
    Branch branch = branch(id);
    Set<String> names = stored(without);
    SnapshotId snapshotId = new SnapshotId(ids.get());
    long end;
    synchronized (catalogueLock) {
      Layer frozen = branch.top();
      Edit edit = new Edit.SnapshotPut(snapshotId.value(), frozen.id(), names);
      freezeTop(
          branch,
          logEnd -> List.of(edit),
          tree -> {
            FileTree kept = tree.withoutTopLevel(names, Branch.nowNanos());
            snapshots.put(snapshotId, new Snapshot(snapshotId, frozen, names, kept));
          });
      end = branch.top().journalOffset();
      lineage.hold(frozen);
      background.makeDurable(frozen, end);
    }
    journal.syncOrThrow(end);
    merging.later();
    return snapshotId;
  }

  /**
   * Puts a new layer on a branch.
   *
   * @param edits those that count together with that, given where the frozen log ended
   * @param whileClosed is given the frozen tree before anything is written to the branch again
   */
  private void freezeTop(
      Branch branch, LongFunction<List<Edit>> edits, Consumer<FileTree> whileClosed) {
    Layer frozen = branch.top();
    UUID next = ids.get();
    Supplier<Layer> newTop =
        () -> {
          long logEnd = frozen.logEnd();
          List<Edit> all = new ArrayList<>();
          all.add(new Edit.LayerAdded(next, frozen.id(), logEnd, Set.of()));
          all.add(new Edit.BranchPut(branch.id().value(), next));
          all.addAll(edits.apply(logEnd));
          return layer(next, frozen, Set.of(), journal.append(all));
        };
    branch.freeze(
        newTop,
        tree -> {
          lineage.hold(branch.top());
          whileClosed.accept(tree);
        });
    List<Layer> dead = lineage.release(frozen);
    if (!dead.isEmpty()) {
      throw new IllegalStateException("a frozen layer lost its last use");
    }
    measureQuotasAnew();
  }

  /** Need not be durable: whatever is synced on top of it takes it along. */
  private void freezeToShare(Branch branch, Layer top) {
    synchronized (catalogueLock) {
      if (branch.top().equals(top) && branch.equals(branches.get(branch.id()))) {
        freezeTop(branch, logEnd -> List.of(), tree -> {});
        background.makeDurable(top, branch.top().journalOffset());
      }
    }
    merging.later();
  }

  public BranchId fork(SnapshotId parent) {
    BranchId id = new BranchId(ids.get());
    UUID top = ids.get();
    long end;
    synchronized (catalogueLock) {
      Snapshot snapshot = snapshot(parent);
      Layer below = snapshot.layer();
      Edit added =
          new Edit.LayerAdded(top, below.id(), below.life().frozenEnd(), snapshot.without());
      end = journal.append(List.of(added, new Edit.BranchPut(id.value(), top)));
      start(id, layer(top, below, snapshot.without(), end), snapshot.tree());
    }
    journal.syncOrThrow(end);
    return id;
  }

  public BranchId fork(BranchId parent, Set<String> without) {
    BranchId id = forkWithLog(parent, without);
    journal.syncOrThrow(branch(id).top().journalOffset());
    return id;
  }

  /** Durable once the journal is. */
  private BranchId forkWithLog(BranchId parentId, Set<String> without) {
    Branch parent = branch(parentId);
    BranchId id = new BranchId(ids.get());
    UUID top = ids.get();
    Set<String> names = stored(without);
    CarriedLog log = new CarriedLog(logs);
    synchronized (catalogueLock) {
      Layer frozen = parent.top();
      freezeTop(
          parent,
          logEnd ->
              List.of(
                  new Edit.LayerAdded(top, frozen.id(), logEnd, names),
                  new Edit.BranchPut(id.value(), top)),
          tree -> {
            Layer child = layer(top, frozen, names, parent.top().journalOffset());
            start(id, child, tree.withoutTopLevel(names, Branch.nowNanos()));
            // An engine that ends a checkpoint now, and so may reuse its log, waits for the gate.
            log.copy(parentId, branch(id));
          });
      background.makeDurable(frozen, parent.top().journalOffset());
    }
    merging.later();
    try {
      log.sync();
    } catch (StorageException e) {
      delete(id);
      throw e;
    }
    return id;
  }

  public void delete(BranchId id) {
    long end;
    List<Layer> dead;
    synchronized (catalogueLock) {
      Branch branch = branch(id);
      end = journal.append(List.of(new Edit.BranchDropped(id.value())));
      branches.remove(id);
      slots.remove(branch);
      dead = lineage.release(branch.top());
    }
    free(end, dead);
    background.run(() -> logs.forget(id));
  }

  /** Once it is durable that nothing leads to them. */
  private void free(long journalEnd, List<Layer> dead) {
    journal.syncOrThrow(journalEnd);
    dead.forEach(layer -> background.delete(layer));
    measureQuotasAnew();
    merging.later();
  }

  public void delete(SnapshotId id) {
    long end;
    List<Layer> dead;
    synchronized (catalogueLock) {
      Snapshot snapshot = snapshot(id);
      end = journal.append(List.of(new Edit.SnapshotDropped(id.value())));
      snapshots.remove(id);
      dead = lineage.release(snapshot.layer());
    }
    free(end, dead);
  }

  public BranchSpace space(BranchId id) {
    return occupancy(id).space();
  }

  public List<FileSpace> ownFiles(BranchId id) {
    return occupancy(id).files();
  }

  private Occupancy occupancy(BranchId id) {
    Branch branch = branch(id);
    synchronized (catalogueLock) {
      return new Occupancy(branch, lineage.onlyHeldBy(branch.top()), logs);
    }
  }

  /** Holds a branch to a quota from now on, or to none. */
  public void limit(BranchId id, Optional<Quota> quota) {
    Branch branch = branch(id);
    branch.limit(
        quota.isEmpty() ? null : new Allowance(quota.get(), () -> space(id).ownBytes(), nanoTime));
  }

  public void watch(MeterRegistry meters) {
    Gauge.builder("coppice.store.layers", this, BranchStore::layers)
        .description("Layers that branches and snapshots rest on")
        .register(meters);
    Gauge.builder("coppice.store.deltas.open", openDeltas, OpenDeltas::count)
        .description("Files of layers that are open")
        .register(meters);
    Gauge.builder("coppice.store.reclaims.waiting", background, Background::waiting)
        .description("Truncated or unlinked files whose space is about to be freed")
        .register(meters);
    merging.watch(meters);
    background.deletions().watch(meters);
  }

  private int layers() {
    synchronized (catalogueLock) {
      return lineage.size();
    }
  }

  public boolean limited(BranchId id) {
    Branch branch = branches.get(id);
    return branch != null && branch.allowance() != null;
  }

  /** What was one branch's own may be shared now, or the other way round. */
  private void measureQuotasAnew() {
    for (Branch branch : branches.values()) {
      Allowance allowance = branch.allowance();
      if (allowance != null) {
        allowance.forgetMeasurement();
      }
    }
  }

  /** What may still be written to a branch with a quota, and the quota; empty without one. */
  public Optional<Room> room(Branch branch) {
    Allowance allowance = branch.allowance();
    return allowance == null ? Optional.empty() : Optional.of(allowance.room());
  }

  public long occupiedBytes(Set<BranchId> branchIds, Set<SnapshotId> snapshotIds) {
    Set<Layer> occupied = new HashSet<>();
    synchronized (catalogueLock) {
      for (BranchId id : branchIds) {
        Branch branch = branches.get(id);
        Occupancy.addLineage(occupied, branch == null ? null : branch.top());
      }
      for (SnapshotId id : snapshotIds) {
        Snapshot snapshot = snapshots.get(id);
        Occupancy.addLineage(occupied, snapshot == null ? null : snapshot.layer());
      }
    }
    long logBytes = branchIds.stream().mapToLong(logs::allocatedBytes).sum();
    return logBytes + occupied.stream().mapToLong(Layer::allocatedBytes).sum();
  }

  public List<FileChange> changes(StateId before, StateId after) {
    return Differences.between(tree(before), tree(after));
  }

  private FileTree tree(StateId state) {
    return switch (state) {
      case BranchId id -> branch(id).state();
      case SnapshotId id -> snapshotTree(id);
    };
  }

  FileTree snapshotTree(SnapshotId id) {
    return snapshot(id).tree();
  }

  public StoreCheck check() {
    LayerCheck check = new LayerCheck(this::pathOf);
    layersInUse().forEach(check::verify);
    return check.result();
  }

  /** Compares the books with the disk; may run while branches are in use. */
  public SpaceCheck checkSpace() {
    return background.call(() -> new SpaceAudit(this, merging, background.deletions()).run());
  }

  public PendingDeletion pendingDeletion() {
    return background.deletions().pending();
  }

  Set<Layer> layersInUse() {
    synchronized (catalogueLock) {
      return lineage.layers();
    }
  }

  /** What a directory among the detached logs is. */
  DetachedLogs.Kind log(String name) {
    return logs.kind(name, branches.keySet());
  }

  boolean keepsOpen(long fileId) {
    return branches.values().stream().anyMatch(branch -> branch.keepsOpen(fileId));
  }

  Optional<Branch> branchOn(Layer top) {
    return branches.values().stream().filter(branch -> branch.top().equals(top)).findFirst();
  }

  /** What the first state that has a file calls it. */
  private String pathOf(long fileId) {
    Stream<FileTree> trees =
        Stream.concat(
            branches.values().stream().map(Branch::tree),
            snapshots.values().stream().map(Snapshot::tree));
    return Differences.pathIn(trees, fileId).orElse("a file without a name");
  }

  /** Makes all that a branch holds durable. */
  public void sync(BranchId id) {
    int result = branch(id).syncAll();
    if (result < 0) {
      throw StoreFiles.failure("sync branch " + id + " in", files.directory(), result);
    }
  }

  /** An empty layer that is to stand where another does. */
  Layer inPlaceOf(Layer other) {
    return layer(ids.get(), other.parent(), other.without(), 0);
  }

  Object catalogueLock() {
    return catalogueLock;
  }

  boolean keepsWithoutName(Set<Layer> layers) {
    return branches.values().stream().anyMatch(branch -> branch.keepsWithoutName(layers));
  }

  /** With the catalogue's lock held. */
  void moveSnapshots(Layer from, Layer to) {
    snapshots.replaceAll((id, snapshot) ->
        snapshot.layer().equals(from)
            ? new Snapshot(id, to, snapshot.without(), snapshot.tree())
            : snapshot);
    measureQuotasAnew();
  }

  /** Merges all layers that can be merged now; returns how often it did. */
  int merge() {
    return merging.runAllNow();
  }

  /** Waits until nothing is being deleted or made durable in the background any more. */
  public void awaitBackground() {
    background.await();
  }

  @Override
  public void close() {
    background.close();
    int failed = 0;
    for (Branch branch : branches.values()) {
      failed = Math.min(failed, branch.syncAll());
    }
    for (Snapshot snapshot : snapshots.values()) {
      failed = Math.min(failed, Durability.syncLineage(snapshot.layer()));
    }
    List<Layer> layers;
    synchronized (catalogueLock) {
      layers = List.copyOf(lineage.layers());
    }
    layers.forEach(Layer::close);
    journal.close();
    unlock.run();
    if (failed < 0) {
      throw StoreFiles.failure("sync", files.directory(), failed);
    }
  }
}
