package dev.coppice.server.rest;

import dev.coppice.branches.FollowInfo;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** How a base is kept in step, as the interfaces show it. */
record FollowView(
    String state,
    String detail,
    String slot,
    String publication,
    boolean definitions,
    Optional<DefinitionsView> watched,
    Optional<String> appliedLsn,
    Optional<Instant> standsFor,
    Optional<Double> lagSeconds,
    OptionalLong lagBytes,
    long changes,
    OptionalLong logLeftBytes,
    String warning) {

  static FollowView of(FollowInfo follow) {
    return new FollowView(
        follow.state().name().toLowerCase(Locale.ROOT),
        follow.detail(),
        follow.slot(),
        follow.publication(),
        follow.definitions(),
        follow.watched().map(DefinitionsView::of),
        follow.appliedLsn(),
        follow.standsFor(),
        follow.lag().map(lag -> lag.toMillis() / 1000.0),
        follow.lagBytes(),
        follow.changes(),
        follow.logLeftBytes(),
        follow.warning());
  }
}
