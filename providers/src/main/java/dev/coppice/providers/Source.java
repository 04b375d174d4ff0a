package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A production database that Coppice may read. All that is ever made there is what following needs:
 * a replication slot, a publication where there is none, and, where that was wished for, event
 * triggers that record what is defined.
 */
public interface Source {

  /** Whose server it is shows in its host name, its extensions and its roles. */
  static Source at(SourceAddress address) {
    return at(address, Optional.empty());
  }

  /**
   * @param provider whose server it is, whatever it looks like
   */
  static Source at(SourceAddress address, Optional<Provider> provider) {
    return new PostgresSource(address, provider);
  }

  /** Looks at everything a pull will need. Throws {@link SourceException} if it cannot connect. */
  default SourceCheck check() {
    return check(false);
  }

  /**
   * @param replicaOnly whether only a standby will do
   */
  SourceCheck check(boolean replicaOnly);

  /**
   * Copies roles, schema, rows, sequences and large objects as of one snapshot into an empty
   * engine, builds the indexes and constraints, analyzes, and compares row counts with the
   * snapshot. The database there gets the source's name and owner. On failure the engine is left in
   * an undefined state and is to be thrown away.
   */
  PullReport pull(LocalEngine engine, PullOptions options, PullListener listener);

  /**
   * @param base the engine of a base that was pulled from here; nobody else may write to it
   * @param database its name there
   * @param limits for what is copied while it is followed
   * @param spoolDirectory for changes of transactions that are still running; what is in it may go
   */
  Follower follow(
      LocalEngine base, String database, FollowPlan plan, PullLimits limits, Path spoolDirectory);

  /** Drops that slot, and the publication and the recorder of its name, if they are there. */
  void release(String slot);
}
