package dev.coppice.server.rest;

import dev.coppice.branches.Access;
import dev.coppice.branches.AddSource;
import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.BranchInfo;
import dev.coppice.branches.BranchLogin;
import dev.coppice.branches.BranchManager;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.CreateBranch;
import dev.coppice.branches.EngineLease;
import dev.coppice.branches.SnapshotInfo;
import dev.coppice.branches.SourceInfo;
import dev.coppice.providers.PullListener;
import dev.coppice.storage.PendingDeletion;
import dev.coppice.storage.SpaceCheck;
import dev.coppice.storage.SpaceDifference;
import dev.coppice.storage.StoreCheck;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiFunction;

/** Remembers branches and nothing else: enough to test what HTTP makes of a manager's answers. */
final class RecordingManager implements BranchManager {
  final Map<BranchName, BranchInfo> branches = new ConcurrentSkipListMap<>();
  volatile BiFunction<AddSource, PullListener, SourceInfo> pull =
      (request, listener) -> known(request.name());

  static SourceInfo known(BranchName name) {
    return new SourceInfo(
        name,
        "postgres://reader@db/shop",
        SourceInfo.State.READY,
        "",
        "postgres",
        "15.1",
        15,
        "shop",
        "owner",
        1,
        2,
        3,
        4,
        Optional.of("s1"),
        Optional.empty(),
        Optional.of(Instant.EPOCH),
        Optional.empty(),
        Map.of("work_mem", "8MB"),
        List.of());
  }

  @Override
  public SourceInfo addSource(AddSource request, PullListener listener) {
    return pull.apply(request, listener);
  }

  @Override
  public List<SourceInfo> sources() {
    return List.of(known(new BranchName("shop")));
  }

  @Override
  public SourceInfo source(BranchName name) {
    return known(name);
  }

  @Override
  public SourceInfo renewSource(BranchName name) {
    return known(name);
  }

  @Override
  public void removeSource(BranchName name) {
    throw new BranchException(
        BranchFailure.SOURCE_HAS_BRANCHES, name + " has branches", "Delete them first.");
  }

  @Override
  public BranchInfo createBranch(CreateBranch request) {
    BranchInfo created =
        new BranchInfo(
            request.name(),
            request.from().orElse(new BranchName("shop")),
            List.of(new BranchName("shop")),
            request.at().orElse("s1"),
            BranchInfo.State.SUSPENDED,
            request.access(),
            "owner",
            "shop",
            15,
            1000,
            request.quotaBytes(),
            request.durability(),
            Instant.EPOCH,
            request.ttl().map(Instant.EPOCH::plus));
    if (request.access() == Access.SUPERUSER) {
      throw new BranchException(BranchFailure.SUPERUSER_NOT_ALLOWED, "not allowed", "Ask.");
    }
    if (branches.putIfAbsent(request.name(), created) != null) {
      throw new BranchException(
          BranchFailure.BRANCH_EXISTS, request.name() + " exists", "Choose another name.");
    }
    return created;
  }

  @Override
  public List<BranchInfo> branches() {
    return List.copyOf(branches.values());
  }

  @Override
  public BranchInfo branch(BranchName name) {
    BranchInfo branch = branches.get(name);
    if (branch == null) {
      throw new BranchException(
          BranchFailure.BRANCH_NOT_FOUND, "there is no branch " + name, "coppice branch list");
    }
    return branch;
  }

  @Override
  public void deleteBranch(BranchName name) {
    branch(name);
    branches.remove(name);
  }

  @Override
  public BranchInfo resetBranch(BranchName name, Optional<String> snapshot) {
    return branch(name);
  }

  @Override
  public BranchInfo suspendBranch(BranchName name) {
    throw new IllegalStateException("a bug");
  }

  @Override
  public String password(BranchName name) {
    return "p@ss";
  }

  @Override
  public SnapshotInfo createSnapshot(BranchName of, Optional<String> name) {
    return new SnapshotInfo(name.orElse("s2"), of, Instant.EPOCH, 0);
  }

  @Override
  public List<SnapshotInfo> snapshots(Optional<BranchName> of) {
    return List.of(new SnapshotInfo("s1", of.orElse(new BranchName("shop")), Instant.EPOCH, 1));
  }

  @Override
  public void deleteSnapshot(BranchName of, String name) {
    throw new BranchException(BranchFailure.SNAPSHOT_IN_USE, name + " is in use", "…");
  }

  @Override
  public CompletionStage<BranchLogin> login(String branch, String role) {
    return CompletableFuture.failedStage(new IllegalStateException("not asked for over HTTP"));
  }

  @Override
  public CompletionStage<EngineLease> connect(BranchName branch) {
    return CompletableFuture.failedStage(new IllegalStateException("not asked for over HTTP"));
  }

  @Override
  public StoreCheck checkStore() {
    return new StoreCheck(1, 2, 3, List.of("layer 1 is damaged"));
  }

  @Override
  public SpaceCheck checkSpace() {
    SpaceDifference orphan =
        new SpaceDifference("layers/1/2.delta", SpaceDifference.Kind.ORPHAN, 8192, "a stray");
    return new SpaceCheck(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, List.of(orphan));
  }

  @Override
  public PendingDeletion pendingDeletion() {
    return new PendingDeletion(1, 2, 3);
  }

  @Override
  public void close() {}
}
