package dev.coppice.branches;

import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks for branches that are idle or have expired, and now and then for old snapshots. */
final class Sweeper implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);
  private static final int SELDOM_SWEEPS = 60;
  private static final int MEASURING_SWEEPS = 5;

  private final Ground ground;
  private final Branches branches;
  private final Governor governor;
  private final WarmPool pool;
  private final Retention retention;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("coppice-sweeper").daemon().factory());
  private int sweeps;

  Sweeper(Ground ground, Branches branches, Governor governor, WarmPool pool) {
    this.ground = ground;
    this.branches = branches;
    this.governor = governor;
    this.pool = pool;
    this.retention = new Retention(ground);
  }

  void start() {
    var _ = clock.scheduleWithFixedDelay(this::sweep, 1, 1, TimeUnit.SECONDS);
  }

  private void sweep() {
    try {
      Instant now = ground.clock().instant();
      for (LiveBranch branch : ground.register().branches()) {
        if (branch.stored().expiresAt().filter(now::isAfter).isPresent()) {
          ground.workers().execute(() -> expire(branch));
        } else {
          ground.workers().execute(() -> branch.suspendIfIdle(ground.config().idleTimeout()));
        }
      }
      if (sweeps % MEASURING_SWEEPS == 0) {
        ground.workers().execute(governor::measure);
        pool.topUp();
      }
      if (sweeps++ % SELDOM_SWEEPS == 0) {
        ground.host().boundLogs();
        ground.workers().execute(retention::run);
      }
    } catch (RuntimeException e) {
      LOG.error("A sweep over the branches failed", e);
    }
  }

  private void expire(LiveBranch branch) {
    try {
      branches.delete(branch, EngineEnd.Operation.EXPIRE);
      LOG.info("Branch {} has expired and is deleted", branch.name());
    } catch (BranchException e) {
      if (e.failure() != BranchFailure.BRANCH_NOT_FOUND) {
        LOG.warn("Branch {} has expired but could not be deleted", branch.name(), e);
      }
    }
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
