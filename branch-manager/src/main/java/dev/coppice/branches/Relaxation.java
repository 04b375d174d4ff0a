package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredBranch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the catalogue's word on which relaxed branches a power failure would spoil: from before
 * their engine starts until all that they hold is on disk.
 */
final class Relaxation {

  private static final Logger LOG = LoggerFactory.getLogger(Relaxation.class);
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private final Ground ground;
  private final String boot;

  Relaxation(Ground ground) {
    this.ground = ground;
    try {
      this.boot = Files.readString(BOOT_ID).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the catalogue is to say of a new branch, whose engine may start at any time. */
  Optional<String> ofNew(Durability durability) {
    return durability == Durability.RELAXED ? Optional.of(boot) : Optional.empty();
  }

  /** To be called before the engine starts, with the branch's operations held. */
  void starting(LiveBranch branch) {
    StoredBranch stored = branch.stored();
    if (relaxed(stored) && !stored.unsyncedBoot().equals(Optional.of(boot))) {
      say(branch, Optional.of(boot));
    }
  }

  /** To be called once the engine has stopped in order, with the branch's operations held. */
  void stopped(LiveBranch branch) {
    StoredBranch stored = branch.stored();
    if (!relaxed(stored) || stored.unsyncedBoot().isEmpty()) {
      return;
    }
    try {
      ground.store().sync(stored.store());
      say(branch, Optional.empty());
    } catch (RuntimeException e) {
      LOG.warn(
          "Branch {} has not reached the disk; a power failure would lose it", stored.name(), e);
    }
  }

  private void say(LiveBranch branch, Optional<String> unsyncedBoot) {
    StoredBranch newer = branch.stored().unsyncedIn(unsyncedBoot);
    var _ = ground.catalogue().update(newer);
    branch.replace(newer);
  }

  /** A frozen state must be whole, since other branches rely on it. */
  void frozen(StoredBranch stored) {
    if (relaxed(stored)) {
      ground.store().sync(stored.store());
    }
  }

  /** Gives a branch that was awake at a power failure the contents that it began with. */
  StoredBranch recovered(StoredBranch stored) {
    if (stored.unsyncedBoot().isEmpty() || stored.unsyncedBoot().get().equals(boot)) {
      return stored;
    }
    LOG.warn(
        "The machine went down while branch {}, of relaxed durability, was awake;"
            + " it begins anew from its snapshot",
        stored.name());
    StoredBranch anew = stored.resetTo(ground.store().fork(stored.snapshot()), stored.snapshot());
    var _ = ground.catalogue().update(anew);
    return anew;
  }

  /** The store forgets it when it is closed, and a reset gives the branch other files. */
  void apply(StoredBranch stored) {
    if (relaxed(stored)) {
      ground.store().relax(stored.store(), true);
    }
  }

  private static boolean relaxed(StoredBranch stored) {
    return stored.durability() == Durability.RELAXED;
  }
}
