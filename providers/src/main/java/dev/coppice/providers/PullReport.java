package dev.coppice.providers;

import java.util.List;
import java.util.Optional;

/**
 * A completed pull.
 *
 * @param sourceLsn the source's write-ahead log position that the base represents
 * @param sourceTimeMillis the source's clock at that position, milliseconds since the epoch
 * @param follow how to go on from there, if that was wished for and the source allows it
 * @param fingerprint what was defined on the source then, where nothing records what is defined
 *     later
 */
public record PullReport(
    long tables,
    long rows,
    long bytes,
    String sourceLsn,
    long sourceTimeMillis,
    Optional<FollowPlan> follow,
    Optional<SchemaFingerprint> fingerprint,
    List<FidelityNote> fidelity) {

  public PullReport {
    fidelity = List.copyOf(fidelity);
  }
}
