package dev.coppice.branches;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How a base is kept in step with its source. What is not known, since the source has not been
 * reached yet, is absent.
 *
 * @param detail why it is not being followed just now
 * @param definitions whether what is defined there is recorded, and done in the base
 * @param watched what is known of them where they are not recorded
 * @param appliedLsn the base holds what the source had committed up to there
 * @param standsFor the source's time of that
 * @param lag how far that lies behind the source, as it was when it was last asked
 * @param changes applied since the server was started
 * @param logLeftBytes how much more log the source may write before it gives up the slot; absent
 *     where nothing bounds it
 * @param warning that it is about to do so, and what prevents it, else empty
 */
public record FollowInfo(
    State state,
    String detail,
    String slot,
    String publication,
    boolean definitions,
    Optional<DefinitionInfo> watched,
    Optional<String> appliedLsn,
    Optional<Instant> standsFor,
    Optional<Duration> lag,
    OptionalLong lagBytes,
    long changes,
    OptionalLong logLeftBytes,
    String warning) {

  public enum State {
    STARTING,
    FOLLOWING,
    /** Tables that were altered on the source are copied anew; nothing else arrives meanwhile. */
    COPYING,
    /** It failed, and is tried again. */
    WAITING,
    /** The base is being replaced by a new one. */
    PULLING,
    STOPPED
  }
}
