package dev.coppice.providers;

import java.util.List;

/** What a preflight found; it changed nothing on the source. */
public record SourceCheck(SourceFacts facts, List<CheckItem> items) {

  public SourceCheck {
    items = List.copyOf(items);
  }

  public boolean passed() {
    return items.stream().noneMatch(item -> item.outcome() == CheckItem.Outcome.FAILED);
  }
}
