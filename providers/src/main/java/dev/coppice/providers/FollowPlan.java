package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import java.util.Set;

/**
 * What a base is kept in step by.
 *
 * @param slot the replication slot on the source
 * @param publication what the slot tells of; ours if it has the slot's name
 * @param start the position whose state the base was pulled in
 * @param leftOut tables that the publication holds and the pull left out, as SQL writes them
 */
public record FollowPlan(String slot, String publication, Lsn start, Set<String> leftOut) {

  public FollowPlan {
    leftOut = Set.copyOf(leftOut);
  }

  public boolean ownsPublication() {
    return publication.equals(slot);
  }
}
