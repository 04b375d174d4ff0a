package dev.coppice.providers;

import java.util.List;

/**
 * A completed pull.
 *
 * @param sourceLsn the source's write-ahead log position that the base represents
 * @param sourceTimeMillis the source's clock at that position, milliseconds since the epoch
 */
public record PullReport(
    long tables,
    long rows,
    long bytes,
    String sourceLsn,
    long sourceTimeMillis,
    List<FidelityNote> fidelity) {

  public PullReport {
    fidelity = List.copyOf(fidelity);
  }
}
