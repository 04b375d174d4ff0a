package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.SpaceDifference;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.SimulatedCrash;
import dev.coppice.storage.posix.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A store on a simulated disk beside a model of what it should hold. Whatever happens follows from
 * the seed. The disk may stop the program at any operation; {@link #recover} then opens the store
 * again and compares.
 */
final class Simulation {

  private static final Path HOME = Path.of("/store");
  private static final int MAX_BRANCHES = 6;
  private static final int MAX_SNAPSHOTS = 4;
  private static final long LOG_GROWTH_BYTES = 2000;
  private static final int STEPS_BETWEEN_COMPARISONS = 40;
  private static final int MAX_TICK_NANOS = 300_000_000;

  private final long seed;
  private final boolean clones;
  private final Random random;
  private final Random cloning;
  private final SimulatedDisk disk;
  private final Map<BranchId, BranchModel> branches = new HashMap<>();
  private final Map<SnapshotId, BranchModel> snapshots = new HashMap<>();
  private SimulatedTasks tasks = new SimulatedTasks();
  private @Nullable BranchStore store;
  private @Nullable FileSteps files;
  private long boot = 1;
  private long nextId;
  private long nanos;
  private long steps;

  /** What a stopped call would have made, if it got far enough. */
  private @Nullable BranchModel born;

  /** What a stopped call would have deleted. */
  private @Nullable Object dying;

  /** What failed calls have made or deleted: the next program finds it or does not. */
  private final Map<Object, BranchModel> unsure = new HashMap<>();

  /** Refusals before the present step, and before the program started. */
  private long refusalsBefore;

  private long refusalsAtStart;

  Simulation(long seed) {
    this(seed, true);
  }

  /** Whose files are never given content in common. */
  static Simulation withoutClones(long seed) {
    return new Simulation(seed, false);
  }

  private Simulation(long seed, boolean clones) {
    this.seed = seed;
    this.clones = clones;
    this.cloning = new Random(~seed);
    this.random = new Random(seed);
    this.disk = new SimulatedDisk(seed);
  }

  SimulatedDisk disk() {
    return disk;
  }

  Random random() {
    return random;
  }

  boolean clones() {
    return clones;
  }

  Random cloning() {
    return cloning;
  }

  long steps() {
    return steps;
  }

  BranchStore store() {
    return requireNonNull(store);
  }

  @Override
  public String toString() {
    return "seed %d, step %d, disk operation %d".formatted(seed, steps, disk.operations());
  }

  /**
   * Whether a call failed as the disk did while it ran. What was not written when it had to be
   * stays lost, so that this program's later syncs may fail as well.
   */
  boolean refused(long result) {
    boolean full = result == -Errno.ENOSPC && disk.refusals() > refusalsBefore;
    return full || (result == -Errno.EIO && disk.refusals() > refusalsAtStart);
  }

  /** Whether the disk has refused something in the present step. */
  boolean refusedLately() {
    return disk.refusals() > refusalsBefore;
  }

  private UUID nextId() {
    return new UUID(seed, ++nextId);
  }

  /** Opens the store on whatever the disk holds. */
  void open() {
    tasks = new SimulatedTasks();
    Platform platform =
        new Platform(
            disk,
            new UUID(0, boot),
            this::nextId,
            () -> nanos += random.nextInt(MAX_TICK_NANOS),
            LOG_GROWTH_BYTES,
            name -> tasks);
    StoreFiles files = platform.files(HOME);
    StoreOpening.makeDirectories(files);
    refusalsAtStart = disk.refusals();
    store = StoreOpening.recover(files, platform, DetachedLogs.unknown(files), () -> {});
    this.files = new FileSteps(this);
  }

  void run(int number) {
    for (int i = 0; i < number; i++) {
      step();
      if (steps % STEPS_BETWEEN_COMPARISONS == 0) {
        branches.forEach((id, model) -> {
          String problem = model.difference(FoundFiles.of(store().branch(id)));
          if (!problem.isEmpty()) {
            throw new AssertionError(this + ": branch " + id + ": " + problem);
          }
        });
      }
    }
  }

  /** One random operation on files, on branches or in the background. */
  void step() {
    steps++;
    refusalsBefore = disk.refusals();
    if (branches.isEmpty()) {
      unlessRefused(() -> make(BranchModel::new, store()::create));
      return;
    }
    int choice = random.nextInt(100);
    if (choice < 88) {
      BranchId id = pick(branches);
      requireNonNull(files).step(store().branch(id), requireNonNull(branches.get(id)));
    } else if (choice < 94) {
      tasks.runOne();
    } else {
      unlessRefused(this::stepBranches);
    }
  }

  /** A call that failed may have made or deleted something all the same. */
  private void unlessRefused(Runnable call) {
    try {
      call.run();
    } catch (StorageException e) {
      long result = e.failure() == StorageFailure.DISK_FULL ? -Errno.ENOSPC : -Errno.EIO;
      if (!refused(result)) {
        throw e;
      }
      settleCall();
    }
  }

  private void settleCall() {
    Object deleted = dying;
    if (deleted != null) {
      BranchModel model = deleted instanceof BranchId ? branches.get(deleted) : null;
      unsure.put(deleted, model == null ? requireNonNull(snapshots.get(deleted)) : model);
    }
    settle(branches, store().branches());
    settle(snapshots, store().snapshots());
    born = null;
    dying = null;
  }

  <T> T pick(Map<T, ?> from) {
    List<T> all = new ArrayList<>(from.keySet());
    all.sort(Comparator.comparing(Object::toString));
    return all.get(random.nextInt(all.size()));
  }

  private void stepBranches() {
    BranchId id = pick(branches);
    BranchModel model = requireNonNull(branches.get(id));
    switch (random.nextInt(8)) {
      case 0, 1 -> make(model::copy, () -> store().fork(id, Set.of()));
      case 2, 3 -> takeSnapshot(id, model);
      case 4 -> {
        if (!snapshots.isEmpty()) {
          SnapshotId snapshot = pick(snapshots);
          make(requireNonNull(snapshots.get(snapshot))::copy, () -> store().fork(snapshot));
        }
      }
      case 5 -> {
        store().sync(id);
        model.allSynced();
      }
      case 6 -> delete(id);
      default -> dropSnapshot();
    }
    if (branches.size() > MAX_BRANCHES) {
      delete(pick(branches));
    }
  }

  private void delete(BranchId id) {
    requireNonNull(files).forgetAll(store().branch(id));
    dying = id;
    store().delete(id);
    branches.remove(id);
    dying = null;
  }

  private void make(Supplier<BranchModel> model, Supplier<BranchId> call) {
    BranchModel made = model.get();
    born = made;
    BranchId id = call.get();
    branches.put(id, made);
    born = null;
  }

  private void takeSnapshot(BranchId id, BranchModel model) {
    BranchModel copy = model.copy();
    born = copy;
    SnapshotId snapshot = store().freeze(id, Set.of());
    snapshots.put(snapshot, copy);
    born = null;
    if (snapshots.size() > MAX_SNAPSHOTS) {
      dropSnapshot();
    }
  }

  private void dropSnapshot() {
    if (!snapshots.isEmpty()) {
      SnapshotId id = pick(snapshots);
      dying = id;
      store().delete(id);
      snapshots.remove(id);
      dying = null;
    }
  }

  /** Ends the program in order; all of it is then durable. */
  void close() {
    store().close();
    branches.values().forEach(BranchModel::allSynced);
    snapshots.values().forEach(BranchModel::allSynced);
  }

  /** Starts the program again after it stopped, on the same or a rebooted machine. */
  void recover(boolean powerLost, int stopsWhileOpening) {
    boolean anyPowerLost = powerLost;
    restart(powerLost);
    for (int stops = stopsWhileOpening; stops > 0; stops--) {
      disk.stopAt(disk.operations() + random.nextInt(20));
      try {
        open();
        break;
      } catch (SimulatedCrash e) {
        boolean again = random.nextBoolean();
        anyPowerLost |= again;
        restart(again);
      }
    }
    disk.restartProgram();
    open();
    verify(anyPowerLost);
  }

  private void restart(boolean powerLost) {
    if (powerLost) {
      disk.losePower();
      boot++;
    } else {
      disk.restartProgram();
    }
  }

  private void verify(boolean powerLost) {
    settle(branches, store().branches());
    settle(snapshots, store().snapshots());
    born = null;
    dying = null;
    unsure.clear();
    branches.forEach(
        (id, model) -> reconcile("branch " + id, store().branch(id), model, powerLost));
    snapshots.forEach((id, model) -> {
      BranchId probe = store().fork(id);
      reconcile("snapshot " + id, store().branch(probe), model, powerLost);
      store().delete(probe);
    });
    check();
  }

  private void reconcile(String what, Branch branch, BranchModel model, boolean powerLost) {
    String problems = model.reconcile(FoundFiles.of(branch), powerLost);
    if (!problems.isEmpty()) {
      throw new AssertionError(this + ": " + what + " is not what it was:" + problems);
    }
  }

  /** Makes everything durable, which nothing may prevent now. */
  void syncAll() {
    refusalsBefore = disk.refusals();
    branches.forEach((id, model) -> {
      store().sync(id);
      model.allSynced();
    });
  }

  void check() {
    store().awaitBackground();
    List<String> problems = store().check().problems();
    if (!problems.isEmpty()) {
      throw new AssertionError(this + ": check found " + problems);
    }
    List<SpaceDifference> differences = store().checkSpace().differences();
    // What a disk has refused to give back is given back at the next open.
    boolean refused = disk.refusals() > refusalsAtStart;
    if (!refused && !differences.isEmpty()) {
      throw new AssertionError(this + ": books and disk differ: " + differences);
    }
  }

  /** A call that was stopped or failed counts or does not. */
  private <T> void settle(Map<T, BranchModel> expected, Set<T> found) {
    Set<T> missing = new HashSet<>(expected.keySet());
    missing.removeAll(found);
    Set<T> lost = new HashSet<>(missing);
    lost.removeIf(id -> id.equals(dying) || unsure.containsKey(id));
    if (!lost.isEmpty()) {
      throw new AssertionError(this + ": lost " + lost);
    }
    expected.keySet().removeAll(missing);
    for (T id : found) {
      if (!expected.containsKey(id)) {
        BranchModel model = unsure.getOrDefault(id, born);
        if (model == null) {
          throw new AssertionError(this + ": nobody made " + id);
        }
        expected.put(id, model);
        unsure.put(id, model);
      }
    }
  }
}
