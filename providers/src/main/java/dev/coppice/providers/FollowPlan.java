package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import java.util.Optional;
import java.util.Set;

/**
 * What a base is kept in step by.
 *
 * @param slot the replication slot on the source
 * @param publication what the slot tells of; ours if it has the slot's name
 * @param start the position whose state the base was pulled in
 * @param recorder the schema on the source in which statements that define something are recorded;
 *     ours if it has the slot's name
 * @param leftOut tables that the publication holds and the pull left out, as SQL writes them
 * @param unpublished tables that were pulled and the publication does not hold, likewise
 */
public record FollowPlan(
    String slot,
    String publication,
    Lsn start,
    Optional<String> recorder,
    Set<String> leftOut,
    Set<String> unpublished) {

  public FollowPlan {
    leftOut = Set.copyOf(leftOut);
    unpublished = Set.copyOf(unpublished);
  }

  public boolean ownsPublication() {
    return publication.equals(slot);
  }

  public boolean ownsRecorder() {
    return recorder.filter(slot::equals).isPresent();
  }
}
