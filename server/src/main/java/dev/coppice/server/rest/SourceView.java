package dev.coppice.server.rest;

import dev.coppice.branches.SourceInfo;
import dev.coppice.providers.FidelityNote;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A source as the interfaces show it. */
record SourceView(
    String name,
    String address,
    String state,
    String detail,
    String provider,
    String version,
    int engineMajor,
    String database,
    String owner,
    long tables,
    long rows,
    long sourceBytes,
    long ownBytes,
    Optional<String> snapshot,
    Optional<String> sourceLsn,
    Optional<Instant> pulledAt,
    Optional<FollowView> follow,
    Map<String, String> settings,
    List<FidelityNote> fidelity) {

  static SourceView of(SourceInfo source) {
    return new SourceView(
        source.name().value(),
        source.address(),
        source.state().name().toLowerCase(Locale.ROOT),
        source.detail(),
        source.provider(),
        source.version(),
        source.engineMajor(),
        source.database(),
        source.owner(),
        source.tables(),
        source.rows(),
        source.sourceBytes(),
        source.ownBytes(),
        source.snapshot(),
        source.sourceLsn(),
        source.pulledAt(),
        source.follow().map(FollowView::of),
        new TreeMap<>(source.settings()),
        source.fidelity());
  }
}
