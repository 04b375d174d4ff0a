package dev.coppice.branches;

import dev.coppice.providers.DefinitionChange;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of the definitions on a source where nothing records them.
 *
 * @param since what was altered there later is noticed; absent until they were read
 * @param comparedAt when they were read last
 * @param problem why they could not be read the last time, else empty
 * @param differing what the base does not have as the source has it
 * @param obstacles why some of them could not be made in the base
 */
public record DefinitionInfo(
    Optional<Instant> since,
    Optional<Instant> comparedAt,
    String problem,
    List<DefinitionChange> differing,
    Map<DefinitionChange, String> obstacles) {

  public DefinitionInfo {
    differing = List.copyOf(differing);
    obstacles = Map.copyOf(obstacles);
  }
}
