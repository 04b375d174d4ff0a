package dev.coppice.server.cli;

import dev.coppice.providers.profile.Provider;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whose server a source is, where it does not show. */
final class ProviderOption {

  @Option(
      names = "--provider",
      paramLabel = "NAME",
      converter = ProviderName.class,
      completionCandidates = ProviderName.Candidates.class,
      description = "Whose server it is, if it does not show: ${COMPLETION-CANDIDATES}.")
  private @Nullable Provider provider;

  Optional<Provider> provider() {
    return Optional.ofNullable(provider);
  }
}
