package dev.coppice.branches;

import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.profile.Provider;
import java.util.Optional;

/**
 * A source to pull.
 *
 * @param provider whose server it is, where that is not to be found out
 */
public record AddSource(
    BranchName name, SourceAddress address, PullOptions options, Optional<Provider> provider) {

  public AddSource(BranchName name, SourceAddress address, PullOptions options) {
    this(name, address, options, Optional.empty());
  }
}
