package dev.coppice.branches;

import dev.coppice.providers.PullListener;
import dev.coppice.storage.PendingDeletion;
import dev.coppice.storage.SpaceCheck;
import dev.coppice.storage.StoreCheck;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Everything that can be done with sources, snapshots and branches. Safe for use by many threads;
 * methods block unless they return a stage, and throw {@link BranchException}. What a method has
 * returned survives a kill of the process, and what it had begun is undone at the next start.
 */
public interface BranchManager extends AutoCloseable {

  /**
   * Opens the store and the catalogue, stops engines that a killed predecessor left, and deletes
   * what it left half made.
   */
  static BranchManager open(
      ManagerConfig config, PasswordVerifier passwords, MeterRegistry metrics) {
    return new Opening(config).run(passwords, metrics);
  }

  /** Pulls a source, seals a first snapshot and returns when branches can be created. */
  SourceInfo addSource(AddSource request, PullListener listener);

  List<SourceInfo> sources();

  SourceInfo source(BranchName name);

  /**
   * Has a source that is followed pulled anew, with all that is defined there, and returns at once.
   * Branches start from the newest snapshot of its old base meanwhile.
   */
  SourceInfo renewSource(BranchName name);

  /** Removes a source, its base and its snapshots; refused while it has branches. */
  void removeSource(BranchName name);

  BranchInfo createBranch(CreateBranch request);

  List<BranchInfo> branches();

  BranchInfo branch(BranchName name);

  /** Ends its sessions and deletes it. Its children stay. */
  void deleteBranch(BranchName name);

  /** Brings a branch back to the snapshot it was forked from, or to another one of its lineage. */
  BranchInfo resetBranch(BranchName name, Optional<String> snapshot);

  /** Stops the branch's engine; the next connection starts it. */
  BranchInfo suspendBranch(BranchName name);

  /** The branch's password, for its connection string. */
  String password(BranchName name);

  /** Of a source: seals its base anew. Of a branch: freezes its present state. */
  SnapshotInfo createSnapshot(BranchName of, Optional<String> name);

  List<SnapshotInfo> snapshots(Optional<BranchName> of);

  /** Refused while branches exist that could still be reset to it. */
  void deleteSnapshot(BranchName of, String name);

  /** Looks a branch up for a client that wants to log in; never blocks. */
  CompletionStage<BranchLogin> login(String branch, String role);

  /** Wakes the branch's engine if need be; never blocks. Many waiting callers start one engine. */
  CompletionStage<EngineLease> connect(BranchName branch);

  /** Verifies every layer of the store. */
  StoreCheck checkStore();

  /** Compares the store's books with the disk. */
  SpaceCheck checkSpace();

  /** What was deleted and still takes space. */
  PendingDeletion pendingDeletion();

  /** Stops every engine in order, the catalogue last, and unmounts the store. */
  @Override
  void close();
}
