package dev.coppice.branches.catalogue;

import dev.coppice.branches.BranchName;
import dev.coppice.branches.SourceInfo;
import dev.coppice.providers.FidelityNote;
import dev.coppice.providers.FollowPlan;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.storage.BranchId;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A source as the catalogue keeps it.
 *
 * @param pull how it is pulled, also when that is done anew
 * @param engine the programs of its engines
 * @param base its files in the store; none after a failed pull
 * @param follow how its base is kept in step, if it is
 * @param settings what its branches' engines are started with beside their own
 */
public record StoredSource(
    UUID id,
    BranchName name,
    SourceAddress address,
    SourceInfo.State state,
    String detail,
    Origin origin,
    PullOptions pull,
    EngineChoice engine,
    Optional<BranchId> base,
    Optional<Pulled> pulled,
    Optional<FollowPlan> follow,
    Map<String, String> settings,
    List<FidelityNote> fidelity) {

  public StoredSource {
    settings = Map.copyOf(settings);
    fidelity = List.copyOf(fidelity);
  }

  /**
   * What the source said of itself.
   *
   * @param named whether it was the user who said whose server it is
   * @param owner the role that its branches' clients are by default
   * @param superuser whether the owner was superuser there
   */
  public record Origin(
      String provider,
      boolean named,
      String version,
      String database,
      String owner,
      boolean superuser,
      long bytes) {

    /** How it is to be reached; empty if the address tells, or it is to be found out. */
    public String providerNamed() {
      return named ? provider : "";
    }
  }

  /**
   * @param bin the folder of the programs that made the base; another one of the same major will do
   *     if it is gone
   */
  public record EngineChoice(int major, Path bin) {}

  /** What a completed pull brought. */
  public record Pulled(long tables, long rows, String lsn, Instant at) {}

  /** The same source with another base. */
  public StoredSource on(BranchId other) {
    return new StoredSource(
        id,
        name,
        address,
        state,
        detail,
        origin,
        pull,
        engine,
        Optional.of(other),
        pulled,
        follow,
        settings,
        fidelity);
  }

  public StoredSource failed(String why) {
    return new StoredSource(
        id,
        name,
        address,
        SourceInfo.State.FAILED,
        why,
        origin,
        pull,
        engine,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        fidelity);
  }

  public StoredSource ready(
      Pulled brought,
      Optional<FollowPlan> plan,
      String owner,
      Map<String, String> carried,
      List<FidelityNote> notes) {
    return new StoredSource(
        id,
        name,
        address,
        SourceInfo.State.READY,
        "",
        new Origin(
            origin.provider(),
            origin.named(),
            origin.version(),
            origin.database(),
            owner,
            origin.superuser(),
            origin.bytes()),
        pull,
        engine,
        base,
        Optional.of(brought),
        plan,
        carried,
        notes);
  }
}
