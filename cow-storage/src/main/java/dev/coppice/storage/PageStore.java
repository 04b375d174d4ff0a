package dev.coppice.storage;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Copy-on-write file trees over one mount. Every branch is a top-level directory of the mount, and
 * ordinary programs read and write it; forking one costs the same whatever it holds. All methods
 * may be called from any thread, and none touches the mount itself.
 *
 * <p>Methods throw {@link StorageException} for operating failures and {@link
 * CorruptStoreException} where the disk does not hold what was written.
 */
public interface PageStore extends AutoCloseable {

  /**
   * Opens the store, creating it if the directory is empty, recovers whatever a killed predecessor
   * left (a dead mount included) and mounts it. Returns once the mount answers.
   */
  static PageStore open(StoreConfig config) {
    return MountedStore.open(config);
  }

  Path mountPoint();

  /**
   * The directory in which a branch's files are found. It is another one while the branch has a
   * quota, and nobody may use both at a time.
   */
  Path path(BranchId branch);

  /**
   * The beginning of a regular file as the store has it, which what was written since the last
   * {@code fsync} or {@code close} may be missing from; empty if there is no such file. It does not
   * go through the mount: a process that is killed while a thread of its own waits for its own
   * mount can never end.
   */
  Optional<byte[]> read(BranchId branch, String file, int mostBytes);

  /**
   * Keeps a branch's {@link LogDirectory} from now on as plain files of the disk, beside the store,
   * and returns where. What the engine writes to them costs no more than on any disk, and is made
   * durable by its own syncs. The directory in the branch is empty then: whoever starts an engine
   * puts the returned one in its place (mount(2), MS_BIND), and without that it has no log to start
   * from. A freeze or fork of the branch takes along what it needs of the log, as ordinary files.
   *
   * <p>Empty where the log stays in the branch, or has just returned there: if the branch is
   * relaxed, or has a quota that its log counts for, if more than 1 MiB would have to be copied
   * before the engine can start, or if the store knows of no log. Nobody may use the branch
   * meanwhile. Durable on return; a branch whose log is detached already costs nothing.
   */
  Optional<Path> detachLog(BranchId branch);

  /** The inverse, for who cannot put a directory in the place of another; always empty. */
  Optional<Path> attachLog(BranchId branch);

  /** A branch's log where it lies beside the store, as it is now; empty where it lies in it. */
  Optional<FileView> detachedLog(BranchId branch);

  /** Creates a branch with no files. Durable on return. */
  BranchId create();

  /** A plain directory whose files can become a branch's. */
  Staging stage();

  /**
   * Makes the files of a staging directory those of an empty branch, without copying them; nothing
   * may use them meanwhile. Not durable before the branch is frozen or synced. On failure the
   * branch is in an undefined state and to be deleted.
   */
  void fill(BranchId empty, Staging staging);

  /**
   * Freezes a branch's state as it is at one instant, between two writes; the branch stays writable
   * and its files stay open. Durable on return, and independent of the number and size of files.
   *
   * <p>Of a file that is being written the state holds what was written before its last {@code
   * fsync} or {@code close}, by anybody, and perhaps more. An engine that runs meanwhile must have
   * {@code fsync} and {@code full_page_writes} on.
   *
   * @param without names of files at the branch's top level that the snapshot shall not contain
   */
  SnapshotId freeze(BranchId branch, Set<String> without);

  /** Creates a branch that starts as the snapshot is. Durable on return. */
  BranchId fork(SnapshotId parent);

  /**
   * The same as {@link #freeze} and {@link #fork(SnapshotId)} without keeping the snapshot's name.
   */
  BranchId fork(BranchId parent, Set<String> without);

  /**
   * Makes all that a branch holds durable, what it inherited included. The kernel does not pass a
   * syncfs(2) on the mount on, so an engine that relies on it for crash recovery needs this first.
   */
  void sync(BranchId branch);

  /** Makes a branch disappear; space that nothing else needs is freed in the background. */
  void delete(BranchId branch);

  /** Forgets a snapshot; layers that branches still need stay until those are deleted too. */
  void delete(SnapshotId snapshot);

  Set<BranchId> branches();

  Set<SnapshotId> snapshots();

  BranchSpace space(BranchId branch);

  /**
   * Holds a branch to a quota, or to none, until the store is closed: whoever wants it longer says
   * so after each open. It changes the branch's {@link #path}.
   */
  void limit(BranchId branch, Optional<Quota> quota);

  /**
   * Lets syncs of a branch's files return before the disk has anything, or not, until the store is
   * closed. A kill loses no more of it than of any branch, a power loss all that {@link #sync} has
   * not covered since, in any order: the branch is then good for nothing. A snapshot of it is to be
   * relied on after {@link #sync}.
   */
  void relax(BranchId branch, boolean relaxed);

  /**
   * Bytes on disk of all layers that any of these rests on, each counted once, whether others rest
   * on them too or not. Branches and snapshots that do not exist count nothing.
   */
  long occupiedBytes(Set<BranchId> branches, Set<SnapshotId> snapshots);

  /**
   * The files that differ between two states, in no particular order. Takes time in proportion to
   * the answer for states that have an ancestor in common, whatever the size of that.
   */
  List<FileChange> changes(StateId before, StateId after);

  /** The files of a branch that hold something which nothing but the branch needs. */
  List<FileSpace> ownFiles(BranchId branch);

  /** Shows what the store and its mount do; docs/metrics.md names the meters. */
  void watch(MeterRegistry meters);

  /** Verifies every layer against its checksums; may run while branches are in use. */
  StoreCheck check();

  /** Compares every book of the store with the disk; may run while branches are in use. */
  SpaceCheck checkSpace();

  /** What was deleted and still takes space. */
  PendingDeletion pendingDeletion();

  /** Makes everything durable and unmounts. Programs that still use the mount get errors. */
  @Override
  void close();
}
