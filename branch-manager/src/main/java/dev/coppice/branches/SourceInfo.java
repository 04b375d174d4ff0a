package dev.coppice.branches;

import dev.coppice.providers.FidelityNote;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A source and its base.
 *
 * @param address its connection string without the password
 * @param snapshot the newest sealed snapshot, from which branches start
 * @param follow how far its base is, if it is kept in step
 * @param settings the source's settings that its branches carry over
 * @param sourceLsn the source's write-ahead log position that the snapshot represents
 * @param ownBytes what the base and its snapshots occupy
 */
public record SourceInfo(
    BranchName name,
    String address,
    State state,
    String detail,
    String provider,
    String version,
    int engineMajor,
    String database,
    String owner,
    long tables,
    long rows,
    long sourceBytes,
    long ownBytes,
    Optional<String> snapshot,
    Optional<String> sourceLsn,
    Optional<Instant> pulledAt,
    Optional<FollowInfo> follow,
    Map<String, String> settings,
    List<FidelityNote> fidelity) {

  public SourceInfo {
    settings = Map.copyOf(settings);
    fidelity = List.copyOf(fidelity);
  }

  public enum State {
    PULLING,
    READY,
    FAILED
  }
}
