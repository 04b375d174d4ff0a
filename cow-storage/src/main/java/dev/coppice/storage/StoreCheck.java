package dev.coppice.storage;

import java.util.List;

/**
 * The result of verifying every layer.
 *
 * @param problems one line for each thing found wrong; empty when the store is sound
 */
public record StoreCheck(long layers, long files, long pages, List<String> problems) {

  public StoreCheck {
    problems = List.copyOf(problems);
  }

  public boolean sound() {
    return problems.isEmpty();
  }
}
