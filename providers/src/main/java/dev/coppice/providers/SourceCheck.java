package dev.coppice.providers;

import java.util.List;
import java.util.Optional;

/**
 * What a preflight found; it changed nothing on the source.
 *
 * @param failure what a pull would fail of, present where an item failed
 * @param followable whether, once pulled, its changes could be followed
 */
public record SourceCheck(
    SourceFacts facts, List<CheckItem> items, Optional<SourceFailure> failure, boolean followable) {

  public SourceCheck {
    items = List.copyOf(items);
  }

  public boolean passed() {
    return failure.isEmpty();
  }
}
