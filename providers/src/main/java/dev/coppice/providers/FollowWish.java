package dev.coppice.providers;

import java.time.Duration;
import java.util.Optional;

/**
 * Following that is to begin with a pull.
 *
 * @param slot the name of the replication slot that is made for it; Postgres allows lower-case
 *     letters, digits and underscores. A publication of our own gets the same name
 * @param publication one that is there already and to be used
 * @param recordDdl whether event triggers may be made on the source that record what is defined
 * @param required whether a pull is worth nothing without it
 * @param slotPatience how long transactions that write may keep the slot from being made
 */
public record FollowWish(
    String slot,
    Optional<String> publication,
    boolean recordDdl,
    boolean required,
    Duration slotPatience) {

  private static final Duration USUAL_PATIENCE = Duration.ofMinutes(2);

  public FollowWish(
      String slot, Optional<String> publication, boolean recordDdl, boolean required) {
    this(slot, publication, recordDdl, required, USUAL_PATIENCE);
  }

  /** One without which the source is pulled all the same. */
  public FollowWish(String slot, Optional<String> publication, boolean recordDdl) {
    this(slot, publication, recordDdl, false);
  }

  /** Makes no event triggers. */
  public FollowWish(String slot, Optional<String> publication) {
    this(slot, publication, false);
  }

  public FollowWish {
    if (!slot.matches("[a-z0-9_]{1,63}")) {
      throw new IllegalArgumentException("not the name of a slot: " + slot);
    }
  }
}
