package dev.coppice.providers;

import java.util.List;
import java.util.Map;

/**
 * What a base was given of what was altered on its source.
 *
 * @param done what it has now as the source has it
 * @param obstacles why it has others not; nothing is said of what only a new base brings
 * @param copying whether tables are about to be copied anew
 */
public record Redefined(
    List<DefinitionChange> done, Map<DefinitionChange, String> obstacles, boolean copying) {

  public static final Redefined NOTHING = new Redefined(List.of(), Map.of(), false);

  public Redefined {
    done = List.copyOf(done);
    obstacles = Map.copyOf(obstacles);
  }
}
