package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSource;
import dev.coppice.branches.engine.Engine;
import dev.coppice.branches.engine.EngineSettings;
import dev.coppice.branches.engine.Installation;
import dev.coppice.branches.engine.WriteAheadLog;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.SnapshotId;
import java.util.Map;
import java.util.Set;

/** Turns a base into a snapshot from which branches start without recovery or clean-up. */
final class Sealing {

  /** Files of a running engine that mean nothing in a copy of its directory. */
  static final Set<String> OF_THE_PROCESS = Set.of("postmaster.pid", "postmaster.opts");

  /** Without room for its log an engine cannot even roll back. */
  static final Set<String> NEEDED_TO_END = Set.of(WriteAheadLog.NAME);

  record Sealed(SnapshotId snapshot, BaseImage.Prepared prepared) {}

  private final Ground ground;
  private final BranchEngines engines;

  Sealing(Ground ground, BranchEngines engines) {
    this.ground = ground;
    this.engines = engines;
  }

  /**
   * @param base whose engine does not run, and was shut down in order
   * @param settings of the source, to be tried on the engine
   */
  Sealed seal(BranchId base, StoredSource source, Map<String, String> settings) {
    return sealChild(fork(base), source, settings);
  }

  /** The child's engine recovers from wherever the base's was at this moment. */
  BranchId fork(BranchId base) {
    return ground.store().fork(base, OF_THE_PROCESS);
  }

  /**
   * @param child a fork of a base, which is used up
   */
  Sealed sealChild(BranchId child, StoredSource source, Map<String, String> settings) {
    Installation installation = engines.installation(source.engine());
    try {
      Engine engine =
          engines.start(
              child,
              installation,
              EngineSettings.seal(installation.major()),
              source.origin().database());
      BaseImage.Prepared prepared;
      try {
        prepared =
            new BaseImage(engine.socket(), source.origin().database())
                .prepare(installation.major(), source.origin().superuser(), settings);
      } finally {
        engine.stopFast(BranchEngines.STOP_TIMEOUT);
      }
      SnapshotId snapshot = ground.store().freeze(child, OF_THE_PROCESS);
      // Filled and prepared without fsync; whoever is told of the snapshot may rely on it.
      ground.store().sync(child);
      return new Sealed(snapshot, prepared);
    } finally {
      engines.forget(child);
      ground.discard(child);
    }
  }
}
