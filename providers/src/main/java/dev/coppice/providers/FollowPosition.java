package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * How far a base is, and how far its source.
 *
 * @param applied the base holds exactly what the source had committed up to here
 * @param standsFor the source's clock when that was its newest state, as far as is known
 * @param source the source's own position when it was last asked
 * @param sourceTime the source's clock then
 * @param lastChange the end of the newest transaction that changed the base
 * @param changes applied since following began, or the program
 * @param log what the source keeps of its log for the slot, as far as is known
 */
public record FollowPosition(
    Lsn applied,
    Instant standsFor,
    Lsn source,
    Instant sourceTime,
    Lsn lastChange,
    long changes,
    Optional<KeptLog> log) {

  public long lagBytes() {
    return applied.bytesBehind(source);
  }

  /** What the base does not show yet happened at most this long ago on the source. */
  public Duration lag() {
    return applied.atLeast(source) || standsFor.isAfter(sourceTime)
        ? Duration.ZERO
        : Duration.between(standsFor, sourceTime);
  }
}
