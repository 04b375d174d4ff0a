package dev.coppice.branches;

import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.profile.Provider;
import java.util.Optional;

/**
 * A source to pull.
 *
 * @param provider whose server it is, where that is not to be found out
 * @param follow whether its base is to be kept in step
 * @param publication one on the source that is to be used for that
 * @param recordDdl whether event triggers may be made there that record what is defined
 */
public record AddSource(
    BranchName name,
    SourceAddress address,
    PullOptions options,
    Optional<Provider> provider,
    boolean follow,
    Optional<String> publication,
    boolean recordDdl) {

  /** Pulls once. */
  public AddSource(BranchName name, SourceAddress address, PullOptions options) {
    this(name, address, options, Optional.empty(), false, Optional.empty(), false);
  }
}
