package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredBranch;
import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.providers.PullListener;
import dev.coppice.storage.PendingDeletion;
import dev.coppice.storage.SpaceCheck;
import dev.coppice.storage.StoreCheck;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;

/** The manager of the branches on this machine. */
final class LocalBranchManager implements BranchManager {

  private final Ground ground;
  private final Sources sources;
  private final Branches branches;
  private final Descriptions describe;
  private final Shutdown shutdown;
  private final AtomicBoolean closed = new AtomicBoolean();

  LocalBranchManager(
      Ground ground, Sources sources, Branches branches, Followings followings, Shutdown shutdown) {
    this.ground = ground;
    this.sources = sources;
    this.branches = branches;
    this.describe = new Descriptions(ground.register(), ground.store(), followings);
    this.shutdown = shutdown;
  }

  @Override
  public SourceInfo addSource(AddSource request, PullListener listener) {
    requireOpen();
    return Failures.translated(() -> describe.of(sources.add(request, listener)));
  }

  @Override
  public List<SourceInfo> sources() {
    return ground.register().sources().stream().map(describe::of).toList();
  }

  @Override
  public SourceInfo source(BranchName name) {
    return describe.of(ground.register().source(name));
  }

  @Override
  public SourceInfo renewSource(BranchName name) {
    requireOpen();
    sources.renewSoon(ground.register().source(name));
    return source(name);
  }

  @Override
  public void removeSource(BranchName name) {
    requireOpen();
    Failures.translated(() -> sources.remove(ground.register().source(name)));
  }

  @Override
  public BranchInfo createBranch(CreateBranch request) {
    requireOpen();
    return Failures.translated(() -> {
      if (request.fresh()) {
        sources.freshen(request.from());
      }
      return describe.of(branches.create(request));
    });
  }

  @Override
  public List<BranchInfo> branches() {
    return ground.register().branches().stream().map(describe::of).toList();
  }

  @Override
  public BranchInfo branch(BranchName name) {
    return describe.of(ground.register().branch(name));
  }

  @Override
  public void deleteBranch(BranchName name) {
    requireOpen();
    Failures.translated(
        () -> branches.delete(ground.register().branch(name), EngineEnd.Operation.DELETE));
  }

  @Override
  public BranchInfo resetBranch(BranchName name, Optional<String> snapshot) {
    requireOpen();
    LiveBranch branch = ground.register().branch(name);
    Failures.translated(() -> branches.reset(branch, snapshot));
    return describe.of(branch);
  }

  @Override
  public BranchInfo suspendBranch(BranchName name) {
    requireOpen();
    LiveBranch branch = ground.register().branch(name);
    Failures.translated(() -> branches.suspend(branch));
    return describe.of(branch);
  }

  @Override
  public String password(BranchName name) {
    return ground.register().branch(name).stored().credentials().password();
  }

  @Override
  public SnapshotInfo createSnapshot(BranchName of, Optional<String> name) {
    requireOpen();
    Optional<LiveBranch> branch = ground.register().findBranch(of);
    return Failures.translated(() ->
        describe.of(
            branch.isPresent()
                ? branches.snapshot(branch.get(), name)
                : sources.seal(sourceNamed(of), name)));
  }

  @Override
  public List<SnapshotInfo> snapshots(Optional<BranchName> of) {
    Optional<UUID> owner = of.map(this::owner);
    return ground.register().snapshots().stream()
        .filter(snapshot -> owner.isEmpty() || owner.get().equals(snapshot.owner()))
        .map(describe::of)
        .toList();
  }

  private UUID owner(BranchName name) {
    return ground
        .register()
        .findBranch(name)
        .map(branch -> branch.stored().id())
        .orElseGet(() -> sourceNamed(name).id());
  }

  /** Where a branch of that name would have done as well. */
  private StoredSource sourceNamed(BranchName name) {
    return ground.register().findSource(name).orElseThrow(() -> Register.nothing(name));
  }

  @Override
  public void deleteSnapshot(BranchName of, String name) {
    requireOpen();
    StoredSnapshot snapshot =
        ground.register().snapshotsOf(owner(of)).stream()
            .filter(candidate -> candidate.name().equals(name))
            .findFirst()
            .orElseThrow(() ->
                new BranchException(
                    BranchFailure.SNAPSHOT_NOT_FOUND,
                    "\"%s\" has no snapshot of that name".formatted(of),
                    "List them with: coppice snapshot list"));
    requireUnused(of, snapshot);
    Failures.translated(() -> ground.delete(snapshot));
  }

  static String branchesWere(long count) {
    return count == 1 ? "1 branch was" : count + " branches were";
  }

  private void requireUnused(BranchName of, StoredSnapshot snapshot) {
    long children = ground.register().children(snapshot.id());
    if (children > 0) {
      throw new BranchException(
          BranchFailure.SNAPSHOT_IN_USE,
          "%s forked from snapshot \"%s\" of \"%s\" and can be reset to it"
              .formatted(branchesWere(children), snapshot.name(), of),
          "Delete what was forked from it first; `coppice branch list` shows it.");
    }
    Optional<StoredSource> source = ground.register().findSource(of);
    if (source.flatMap(ground.register()::newest).filter(snapshot::equals).isPresent()) {
      throw new BranchException(
          BranchFailure.SNAPSHOT_IN_USE,
          "\"%s\" is the newest snapshot of source \"%s\", from which branches start"
              .formatted(snapshot.name(), of),
          "Make a newer one first with: coppice snapshot create " + of);
    }
  }

  @Override
  public CompletionStage<BranchLogin> login(String branch, String role) {
    try {
      StoredBranch stored = find(branch).stored();
      if (!BranchRoles.permitted(stored.access(), role)) {
        throw new BranchException(
            BranchFailure.ROLE_REFUSED,
            "Branch \"%s\" does not admit role \"%s\"".formatted(branch, shortened(role)),
            "Connect as \"%s.%s\"; `coppice url %s` prints the whole connection string."
                .formatted(stored.role(), branch, branch));
      }
      return CompletableFuture.completedFuture(
          new BranchLogin(
              stored.name(),
              stored.credentials().verifier(),
              ground.register().source(stored.source()).origin().database()));
    } catch (BranchException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private LiveBranch find(String name) {
    try {
      return ground.register().branch(new BranchName(name));
    } catch (BranchException e) {
      throw e.failure() == BranchFailure.NAME_INVALID ? Register.noBranch(shortened(name)) : e;
    }
  }

  private static String shortened(String text) {
    String shown = text.length() > 63 ? text.substring(0, 63) + "…" : text;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  @Override
  public CompletionStage<EngineLease> connect(BranchName branch) {
    try {
      requireOpen();
      return ground.register().branch(branch).connect();
    } catch (BranchException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public StoreCheck checkStore() {
    requireOpen();
    return Failures.translated(() -> ground.store().check());
  }

  @Override
  public SpaceCheck checkSpace() {
    requireOpen();
    return Failures.translated(() -> ground.store().checkSpace());
  }

  @Override
  public PendingDeletion pendingDeletion() {
    return ground.store().pendingDeletion();
  }

  private void requireOpen() {
    if (closed.get()) {
      throw Shutdown.refusal();
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      shutdown.run();
    }
  }
}
