package dev.coppice.server.rest;

import dev.coppice.branches.DefinitionInfo;
import dev.coppice.providers.DefinitionChange;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a source has defined otherwise than its base, as the interfaces show it.
 *
 * @param differing how many there are
 * @param objects the first of them
 */
record DefinitionsView(
    Optional<Instant> since,
    Optional<Instant> comparedAt,
    String problem,
    int differing,
    List<Difference> objects) {

  private static final int MOST_SHOWN = 100;

  /**
   * @param obstacle why it could not be made in the base, else empty
   */
  record Difference(String change, String kind, String object, String obstacle) {

    static Difference of(DefinitionChange change, DefinitionInfo info) {
      return new Difference(
          change.kind().name().toLowerCase(Locale.ROOT),
          change.object().kind(),
          change.object().readable(),
          info.obstacles().getOrDefault(change, ""));
    }
  }

  static DefinitionsView of(DefinitionInfo info) {
    return new DefinitionsView(
        info.since(),
        info.comparedAt(),
        info.problem(),
        info.differing().size(),
        info.differing().stream()
            .limit(MOST_SHOWN)
            .map(change -> Difference.of(change, info))
            .toList());
  }
}
