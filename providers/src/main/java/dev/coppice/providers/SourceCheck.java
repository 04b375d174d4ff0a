package dev.coppice.providers;

import java.util.List;
import java.util.Optional;

/**
 * What a preflight found; it changed nothing on the source.
 *
 * @param failure what a pull would fail of, present where an item failed
 */
public record SourceCheck(
    SourceFacts facts, List<CheckItem> items, Optional<SourceFailure> failure) {

  public SourceCheck {
    items = List.copyOf(items);
  }

  public boolean passed() {
    return failure.isEmpty();
  }
}
