package dev.coppice.branches;

import dev.coppice.branches.EngineEnd.Operation;
import dev.coppice.branches.catalogue.Credentials;
import dev.coppice.branches.catalogue.StoredBranch;
import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.engine.ControlFile;
import dev.coppice.branches.engine.Engine;
import dev.coppice.branches.engine.EngineSession;
import dev.coppice.branches.engine.WriteAheadLog;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.FileView;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.Quota;
import dev.coppice.storage.SnapshotId;
import dev.coppice.storage.StorageException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates, resets, freezes, suspends and deletes branches. */
final class Branches {

  private static final Logger LOG = LoggerFactory.getLogger(Branches.class);

  /** For a client to get the answer to its creation of a branch. */
  private static final long ANSWER_MILLIS = 4;

  /**
   * An engine replays that much log in the time that another needs for a checkpoint under load:
   * some 90 ms, most of it spent waiting for the disk.
   */
  private static final long QUICKLY_REPLAYED_BYTES = 8 << 20;

  private static final String LOG_SINCE_CHECKPOINT =
      "SELECT (pg_current_wal_insert_lsn() - redo_lsn)::bigint FROM pg_control_checkpoint()";

  private final Ground ground;
  private final BranchEngines engines;
  private final WarmPool pool;
  private final Ancestry ancestry;
  private final Relaxation relaxation;

  Branches(Ground ground, BranchEngines engines, WarmPool pool) {
    this.ground = ground;
    this.engines = engines;
    this.pool = pool;
    this.ancestry = new Ancestry(ground.register());
    this.relaxation = new Relaxation(ground);
  }

  /** A branch that the catalogue holds already. */
  LiveBranch enlist(StoredBranch stored) {
    limit(stored);
    return new LiveBranch(
        stored,
        this::start,
        relaxation::stopped,
        engines.governor(),
        ground.config().room().wakeTimeout(),
        ground.workers());
  }

  /**
   * A branch that the catalogue held when the server started, as far as a power failure left it.
   */
  LiveBranch enlistFound(StoredBranch stored) {
    return enlist(relaxation.recovered(stored));
  }

  /** The store forgets quotas when it is closed, and a reset gives the branch other files. */
  private void limit(StoredBranch stored) {
    relaxation.apply(stored);
    if (stored.quotaBytes().isPresent()) {
      Quota quota = new Quota(stored.quotaBytes().getAsLong(), Sealing.NEEDED_TO_END);
      Failures.translated(() -> ground.store().limit(stored.store(), Optional.of(quota)));
    }
  }

  private Engine start(LiveBranch branch) {
    relaxation.starting(branch);
    return ground
        .metrics()
        .wake
        .record(() ->
            Failures.translated(() ->
                engines.start(
                    branch.stored().store(),
                    ground.register().source(branch.stored().source()),
                    true)));
  }

  LiveBranch create(CreateBranch request) {
    return ground.metrics().create.record(() -> createTimed(request));
  }

  private LiveBranch createTimed(CreateBranch request) {
    requireFree(request.name());
    Ancestry.Start start = ancestry.start(request);
    requireAllowed(request, start);
    LiveBranch created =
        start.snapshot().isPresent()
            ? fromSnapshot(request, start, start.snapshot().get())
            : fromPresent(request, start, start.parent().orElseThrow());
    if (!created.awake()) {
      wakeSoon(created);
    }
    return created;
  }

  /**
   * Whoever creates a branch is about to connect; but the start must not compete with the answer,
   * and a client that is quicker than this starts the engine itself.
   */
  private void wakeSoon(LiveBranch branch) {
    CompletableFuture.delayedExecutor(ANSWER_MILLIS, TimeUnit.MILLISECONDS, ground.workers())
        .execute(() -> branch.wakeIfRoom(Optional.empty()));
  }

  private void requireFree(BranchName name) {
    if (ground.register().findBranch(name).isPresent()) {
      throw new BranchException(
          BranchFailure.BRANCH_EXISTS,
          "There is a branch \"" + name + "\" already",
          "Choose another name, or delete it with: coppice branch delete " + name);
    }
    if (ground.register().findSource(name).isPresent()) {
      throw new BranchException(
          BranchFailure.BRANCH_EXISTS,
          "\"" + name + "\" is the name of a source, and branches share the sources' names",
          "Choose another name for the branch.");
    }
  }

  /** What a superuser has made of a parent may hold superusers, whatever the child's access. */
  private void requireAllowed(CreateBranch request, Ancestry.Start start) {
    boolean superuser =
        request.access() == Access.SUPERUSER
            || start
                .parent()
                .filter(parent -> parent.stored().access() == Access.SUPERUSER)
                .isPresent();
    if (superuser && !ground.config().allowSuperuser()) {
      throw new BranchException(
          BranchFailure.SUPERUSER_NOT_ALLOWED,
          "Branch \"" + request.name() + "\" cannot be created: it would allow superusers",
          "Use --access owner, or set allow_superuser: true in the server's configuration if its"
              + " users may run programs on this machine.");
    }
  }

  private LiveBranch fromSnapshot(
      CreateBranch request, Ancestry.Start start, StoredSnapshot snapshot) {
    // A warm engine runs where the kernel holds writes back, which a quota rules out.
    Optional<WarmPool.WarmBranch> warm =
        request.quotaBytes().isPresent() ? Optional.empty() : pool.claim(snapshot.id());
    if (warm.isPresent()) {
      WarmPool.WarmBranch claimed = warm.get();
      StoredBranch stored =
          stored(request, start, claimed.store(), snapshot.id(), claimed.credentials());
      keep(stored, claimed.engine(), () -> ground.catalogue().insert(stored));
      ground.metrics().warm.increment();
      return publish(stored, claimed.engine());
    }
    BranchId store = ground.metrics().fork.record(() -> fork(snapshot.id()));
    StoredBranch stored = stored(request, start, store, snapshot.id(), ground.passwords().next());
    keep(stored, null, () -> ground.catalogue().insert(stored));
    ground.metrics().cold.increment();
    return publish(stored, null);
  }

  private BranchId fork(SnapshotId snapshot) {
    return Failures.translated(() -> ground.store().fork(snapshot));
  }

  /** The parent goes on meanwhile; the child starts as if the parent had crashed at one instant. */
  private LiveBranch fromPresent(CreateBranch request, Ancestry.Start start, LiveBranch parent) {
    StoredSnapshot snapshot = withOperations(parent, () -> freeze(parent, Optional.empty(), false));
    StoredBranch stored;
    try {
      BranchId store = ground.metrics().fork.record(() -> fork(snapshot.id()));
      stored = stored(request, start, store, snapshot.id(), ground.passwords().next());
      keep(stored, null, () -> ground.catalogue().insert(stored, snapshot));
    } catch (RuntimeException e) {
      ground.discard(List.of(snapshot.id()));
      throw e;
    }
    ground.register().put(snapshot);
    ground.metrics().cold.increment();
    return publish(stored, null);
  }

  private StoredBranch stored(
      CreateBranch request,
      Ancestry.Start start,
      BranchId store,
      SnapshotId snapshot,
      Credentials credentials) {
    Instant now = ground.clock().instant();
    return new StoredBranch(
        UUID.randomUUID(),
        request.name(),
        store,
        start.source().id(),
        snapshot,
        start.lineage(),
        request.access(),
        BranchRoles.of(request.access(), start.source().origin().owner()),
        credentials,
        now,
        request.ttl().map(now::plus),
        request.quotaBytes(),
        request.durability(),
        relaxation.ofNew(request.durability()));
  }

  /** From here on the branch exists; if it cannot be kept, nothing of it stays. */
  private void keep(StoredBranch stored, @Nullable Engine engine, Runnable insertion) {
    try {
      insertion.run();
    } catch (RuntimeException e) {
      if (engine != null) {
        engine.stopNow();
      }
      engines.forget(stored.store());
      ground.discard(stored.store());
      throw e;
    }
  }

  private LiveBranch publish(StoredBranch stored, @Nullable Engine engine) {
    LiveBranch branch = enlist(stored);
    if (engine != null) {
      branch.adopt(engine);
    }
    ground.register().put(branch);
    return branch;
  }

  /** With the branch's operations held. */
  private StoredSnapshot freeze(LiveBranch branch, Optional<String> name, boolean kept) {
    Engine engine = branch.engine();
    if (engine != null) {
      checkpoint(branch, engine, kept ? 0 : QUICKLY_REPLAYED_BYTES);
    }
    Instant now = ground.clock().instant();
    String called =
        name.orElseGet(() -> Names.fresh(now, ground.register().snapshotsOf(branch.stored().id())));
    SnapshotId id =
        Failures.translated(
            () -> ground.store().freeze(branch.stored().store(), Sealing.OF_THE_PROCESS));
    relaxation.frozen(branch.stored());
    return new StoredSnapshot(
        id,
        branch.stored().id(),
        branch.name().value(),
        called,
        branch.stored().source(),
        now,
        kept);
  }

  /**
   * The less log there is to replay, the sooner the child is up; it is right in any case.
   *
   * @param spared as much log is left to the child
   */
  private void checkpoint(LiveBranch branch, Engine engine, long spared) {
    OptionalLong known = bytesToReplay(branch.stored().store());
    if (known.isPresent() && known.getAsLong() <= spared) {
      return;
    }
    try (Connection session = EngineSession.superuser(engine.socket(), "postgres")) {
      if (known.isPresent()
          || Long.parseLong(Statements.column(session, LOG_SINCE_CHECKPOINT).getFirst()) > spared) {
        Statements.run(session, "CHECKPOINT");
      }
    } catch (SQLException e) {
      LOG.warn("Branch {} is frozen without a checkpoint: {}", branch.name(), e.getMessage());
    }
  }

  /** Empty if that cannot be told without asking the engine, which costs it a session. */
  private OptionalLong bytesToReplay(BranchId branch) {
    PageStore store = ground.store();
    try {
      Optional<FileView> log = store.detachedLog(branch);
      Optional<byte[]> control =
          log.isEmpty()
              ? Optional.empty()
              : store
                  .read(branch, ControlFile.NAME, ControlFile.BYTES)
                  .filter(start -> start.length == ControlFile.BYTES);
      return control.isEmpty()
          ? OptionalLong.empty()
          : OptionalLong.of(WriteAheadLog.bytesToReplay(control.get(), log.get()));
    } catch (StorageException e) {
      LOG.debug("Store's branch {}: {}", branch, e.getMessage());
      return OptionalLong.empty();
    }
  }

  StoredSnapshot snapshot(LiveBranch branch, Optional<String> name) {
    Optional<String> wished = name.map(Names::snapshot);
    return withOperations(
        branch,
        () -> {
          StoredSnapshot snapshot = freeze(branch, wished, true);
          try {
            ground.catalogue().insert(snapshot);
          } catch (RuntimeException e) {
            ground.discard(List.of(snapshot.id()));
            throw e;
          }
          ground.register().put(snapshot);
          return snapshot;
        });
  }

  void reset(LiveBranch branch, Optional<String> to) {
    withOperations(
        branch,
        () -> {
          StoredSnapshot target = ancestry.resetTarget(branch, to);
          StoredBranch former = branch.stored();
          BranchId store = fork(target.id());
          StoredBranch newer = former.resetTo(store, target.id());
          List<SnapshotId> unused;
          boolean awake = branch.awake();
          EngineEnd end = new EngineEnd(branch.name(), Operation.RESET, to);
          branch.stopForGood(end);
          try {
            unused = ground.catalogue().update(newer);
          } catch (RuntimeException e) {
            ground.discard(store);
            throw e;
          }
          limit(newer);
          branch.replace(newer);
          forget(former, unused);
          if (awake) {
            branch.wakeIfRoom(Optional.of(end));
          }
          return newer;
        });
  }

  void suspend(LiveBranch branch) {
    withOperations(
        branch,
        () -> {
          branch.suspend(new EngineEnd(branch.name(), Operation.SUSPEND));
          return branch;
        });
  }

  /**
   * @param why {@link Operation#DELETE} or {@link Operation#EXPIRE}
   */
  void delete(LiveBranch branch, Operation why) {
    withOperations(
        branch,
        () -> {
          List<SnapshotId> unused = ground.catalogue().delete(branch.stored());
          branch.close(Register.noBranch(branch.name().value()));
          ground.register().remove(branch);
          branch.stopForGood(new EngineEnd(branch.name(), why));
          forget(branch.stored(), unused);
          return branch;
        });
  }

  private void forget(StoredBranch former, List<SnapshotId> unused) {
    engines.forget(former.store());
    ground.discard(former.store());
    ground.register().remove(unused);
    ground.discard(unused);
  }

  private <T> T withOperations(LiveBranch branch, Supplier<T> work) {
    branch.operations.lock();
    try {
      if (ground.register().findBranch(branch.name()).filter(b -> b == branch).isEmpty()) {
        throw Register.noBranch(branch.name().value());
      }
      return work.get();
    } finally {
      branch.operations.unlock();
    }
  }
}
