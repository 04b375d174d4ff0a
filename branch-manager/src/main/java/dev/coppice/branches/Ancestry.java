package dev.coppice.branches;

import dev.coppice.branches.catalogue.StoredSnapshot;
import dev.coppice.branches.catalogue.StoredSource;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Finds what a new branch starts from, and what an existing one can go back to. */
final class Ancestry {

  /**
   * @param snapshot absent when {@code parent}'s state of this moment is asked for
   * @param parent absent when the branch starts from the source itself
   * @param lineage of the new branch
   */
  record Start(
      StoredSource source,
      Optional<StoredSnapshot> snapshot,
      Optional<LiveBranch> parent,
      List<BranchName> lineage) {}

  private final Register register;

  Ancestry(Register register) {
    this.register = register;
  }

  Start start(CreateBranch request) {
    Optional<LiveBranch> parent = request.from().flatMap(register::findBranch);
    if (parent.isPresent()) {
      return fromBranch(parent.get(), request.at());
    }
    StoredSource source = request.from().map(this::sourceNamed).orElseGet(this::onlySource);
    Sources.requireReady(source);
    StoredSnapshot snapshot =
        request
            .at()
            .map(at -> find(source.id(), source.name(), at))
            .or(() -> register.newest(source))
            .orElseThrow(() ->
                new BranchException(
                    BranchFailure.BRANCH_HAS_NO_SNAPSHOT,
                    "Source \"" + source.name() + "\" has no snapshot",
                    "Make one with: coppice snapshot create " + source.name()));
    return new Start(source, Optional.of(snapshot), Optional.empty(), List.of(source.name()));
  }

  private Start fromBranch(LiveBranch parent, Optional<String> at) {
    List<BranchName> lineage = new ArrayList<>();
    lineage.add(parent.name());
    lineage.addAll(parent.stored().lineage());
    return new Start(
        register.source(parent.stored().source()),
        at.map(text -> find(parent.stored().id(), parent.name(), text)),
        Optional.of(parent),
        lineage);
  }

  /** The source that a branch from there would come from. */
  StoredSource sourceOf(Optional<BranchName> from) {
    Optional<LiveBranch> parent = from.flatMap(register::findBranch);
    if (parent.isPresent()) {
      return register.source(parent.get().stored().source());
    }
    return from.map(this::sourceNamed).orElseGet(this::onlySource);
  }

  private StoredSource sourceNamed(BranchName name) {
    return register.findSource(name).orElseThrow(() -> Register.nothing(name));
  }

  private StoredSource onlySource() {
    List<StoredSource> sources = register.sources();
    if (sources.size() == 1) {
      return sources.get(0);
    }
    throw new BranchException(
        BranchFailure.SOURCE_NOT_FOUND,
        sources.isEmpty()
            ? "There is no source to start from"
            : "There are " + sources.size() + " sources to start from",
        sources.isEmpty()
            ? "Add one with: coppice source add NAME URL"
            : "Say which one: --from " + sources.get(0).name());
  }

  private StoredSnapshot find(UUID owner, BranchName name, String at) {
    List<StoredSnapshot> candidates = register.snapshotsOf(owner);
    if (candidates.isEmpty()) {
      throw new BranchException(
          BranchFailure.BRANCH_HAS_NO_SNAPSHOT,
          "\"" + name + "\" has no snapshots",
          "Leave out \"@" + at + "\" to start from its present state.");
    }
    return named(candidates, at)
        .or(() -> newestAt(candidates, time(at)))
        .orElseThrow(() -> noSnapshot(name, at, candidates));
  }

  private static Optional<StoredSnapshot> named(List<StoredSnapshot> candidates, String name) {
    return candidates.stream().filter(snapshot -> snapshot.name().equals(name)).findFirst();
  }

  private static Optional<StoredSnapshot> newestAt(
      List<StoredSnapshot> candidates, @Nullable Instant time) {
    return time == null
        ? Optional.empty()
        : candidates.stream()
            .filter(snapshot -> !snapshot.standsFor().isAfter(time))
            .reduce((older, newer) -> newer);
  }

  private static @Nullable Instant time(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      return withoutZone(text);
    }
  }

  /** Times are shown in UTC, and understood so. */
  private static @Nullable Instant withoutZone(String text) {
    try {
      return LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static BranchException noSnapshot(
      BranchName of, String at, List<StoredSnapshot> candidates) {
    StoredSnapshot oldest = candidates.get(0);
    return new BranchException(
        BranchFailure.SNAPSHOT_NOT_FOUND,
        "\"%s\" has no snapshot of that name or at or before that time: %s"
            .formatted(of, at.length() > 80 ? at.substring(0, 80) + "…" : at),
        "Its oldest is %s, of %s; a time is written like 2026-01-31T12:00:00Z."
            .formatted(oldest.name(), oldest.standsFor()));
  }

  /** A snapshot of the branch itself, or of its ancestors, the nearest first. */
  StoredSnapshot resetTarget(LiveBranch branch, Optional<String> name) {
    if (name.isEmpty()) {
      return register.snapshot(branch.stored().snapshot());
    }
    List<StoredSnapshot> all = register.snapshots();
    List<StoredSnapshot> candidates = new ArrayList<>(owned(all, branch.stored().id()));
    for (BranchName ancestor : branch.stored().lineage()) {
      register
          .findBranch(ancestor)
          .ifPresent(found -> candidates.addAll(owned(all, found.stored().id())));
    }
    candidates.addAll(owned(all, branch.stored().source()));
    return named(candidates, name.get())
        .orElseThrow(() ->
            new BranchException(
                BranchFailure.SNAPSHOT_NOT_FOUND,
                "Neither branch \"%s\" nor an ancestor has a snapshot \"%s\""
                    .formatted(branch.name(), name.get()),
                "List them with: coppice snapshot list"));
  }

  private static List<StoredSnapshot> owned(List<StoredSnapshot> all, UUID owner) {
    return all.stream().filter(snapshot -> snapshot.owner().equals(owner)).toList();
  }
}
