package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The first step of following: a slot on the source, whose snapshot the pull then reads. */
final class FollowStart {

  private static final int FIRST_MAJOR_WITH_SLOTS_ON_STANDBYS = 16;
  private static final String QUERY_CANCELED = "57014";

  private final SourceSessions source;
  private final Connection replication;
  private final FollowWish wish;
  private final String publication;
  private final Optional<DdlRecorder> recorder;
  private final ReplicationSlot.Created slot;

  private FollowStart(
      SourceSessions source,
      Connection replication,
      FollowWish wish,
      String publication,
      Optional<DdlRecorder> recorder,
      ReplicationSlot.Created slot) {
    this.source = source;
    this.replication = replication;
    this.wish = wish;
    this.publication = publication;
    this.recorder = recorder;
    this.slot = slot;
  }

  /**
   * Empty, with nothing left behind and a note of the reason, if the source does not allow it.
   *
   * @param failover whether the slot is to outlive a fail-over of the source
   */
  static Optional<FollowStart> attempt(
      SourceSessions source,
      SourceFacts facts,
      boolean failover,
      FollowWish wish,
      Fidelity fidelity)
      throws SQLException {
    Connection writing = source.openWriting();
    Connection replication = null;
    try {
      requireHarmless(writing, facts);
      if (ReplicaProbe.standby(writing)) {
        requireTelling(writing, facts, wish);
      }
      // The slot does not know publications that are younger than itself, and they are to hold it.
      Optional<DdlRecorder> made = recorder(writing, wish, fidelity);
      String publication = Publication.settle(writing, wish);
      new PublishedScope(writing, publication, facts.major()).requireWhole();
      Optional<DdlRecorder> recorder = published(writing, made, publication, fidelity);
      replication = source.openReplication();
      ReplicationSlot.Created slot =
          create(writing, replication, wish, facts.major(), failover, fidelity);
      return Optional.of(new FollowStart(source, replication, wish, publication, recorder, slot));
    } catch (SQLException | SourceException e) {
      if (replication != null) {
        source.close(replication);
      }
      undo(writing, wish.slot());
      if (wish.required()) {
        throw required(facts, e);
      }
      fidelity.dropped(
          "following",
          facts.database(),
          "the base stays as it was pulled, since the source cannot be followed: "
              + e.getMessage());
      return Optional.empty();
    } finally {
      source.close(writing);
    }
  }

  private static ReplicationSlot.Created create(
      Connection writing,
      Connection replication,
      FollowWish wish,
      int major,
      boolean failover,
      Fidelity fidelity)
      throws SQLException {
    try {
      return patiently(writing, replication, wish, major, failover);
    } catch (SQLException e) {
      if (!failover || !replication.isValid(0)) {
        throw e;
      }
      ReplicationSlot.Created created = patiently(writing, replication, wish, major, false);
      fidelity.changed(
          "following",
          wish.slot(),
          "a fail-over of the source loses it, since the source does not let it be made for that: "
              + e.getMessage());
      return created;
    }
  }

  private static ReplicationSlot.Created patiently(
      Connection writing, Connection replication, FollowWish wish, int major, boolean failover)
      throws SQLException {
    try {
      return ReplicationSlot.create(replication, wish.slot(), major, failover, wish.slotPatience());
    } catch (SQLException e) {
      if (QUERY_CANCELED.equals(e.getSQLState())) {
        throw SlotWait.explain(writing, wish.slotPatience(), e);
      }
      throw e;
    }
  }

  /** Following is worth having without it. */
  private static Optional<DdlRecorder> recorder(
      Connection writing, FollowWish wish, Fidelity fidelity) throws SQLException {
    try {
      return DdlRecorder.settle(writing, wish);
    } catch (SQLException e) {
      unrecorded(fidelity, "event triggers could not be made: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Nobody hears of what is recorded in a table that is not published. */
  private static Optional<DdlRecorder> published(
      Connection writing, Optional<DdlRecorder> made, String publication, Fidelity fidelity)
      throws SQLException {
    if (made.isEmpty() || made.get().publishedBy(writing, publication)) {
      return made;
    }
    try {
      Query.run(writing, made.get().publishing(publication));
      return made;
    } catch (SQLException e) {
      unrecorded(
          fidelity,
          "publication %s lacks the table of what is recorded: %s"
              .formatted(publication, e.getMessage()));
      return Optional.empty();
    }
  }

  private static void unrecorded(Fidelity fidelity, String why) {
    fidelity.dropped(
        "following",
        "definitions",
        why + "; tables that are altered are copied anew, or all of the source");
  }

  private static SourceException required(SourceFacts facts, Exception e) {
    return e instanceof SourceException known && known.failure() != SourceFailure.FOLLOW_REFUSED
        ? known
        : new SourceException(
            SourceFailure.FOLLOW_REFUSED,
            "Database %s cannot be followed: %s".formatted(facts.database(), e.getMessage()),
            "`coppice source check URL` says what it lacks.",
            e);
  }

  /** Refuses what would work, and harm the source or the copy. */
  private static void requireHarmless(Connection session, SourceFacts facts) throws SQLException {
    if (facts.encoding().equals("SQL_ASCII")) {
      throw refused("its encoding SQL_ASCII does not say how texts are to be read");
    }
    if (Query.text(session, "SHOW synchronous_standby_names").contains("*")) {
      throw refused(
          "its synchronous_standby_names hold *, so its commits would wait for this base");
    }
  }

  private static void requireTelling(Connection standby, SourceFacts facts, FollowWish wish)
      throws SQLException {
    if (facts.major() < FIRST_MAJOR_WITH_SLOTS_ON_STANDBYS) {
      throw refused("a standby tells its changes only from PostgreSQL 16 on");
    }
    if (wish.publication().isEmpty() && !Publication.exists(standby, Publication.PREPARED)) {
      throw refused(
          "a standby can be given no publication; on its primary: CREATE PUBLICATION coppice FOR ALL"
              + " TABLES;");
    }
  }

  private static SourceException refused(String why) {
    return new SourceException(SourceFailure.FOLLOW_REFUSED, why, "");
  }

  private static void undo(Connection writing, String slot) {
    try {
      ReplicationSlot.drop(writing, slot);
      Publication.drop(writing, slot);
      new DdlRecorder(slot).drop(writing);
    } catch (SQLException e) {
      // It may not even look at slots; then it has made none.
    }
  }

  ReplicationSlot.Created slot() {
    return slot;
  }

  /** To be called once the slot's snapshot was taken over. */
  void letGo() {
    source.close(replication);
  }

  /**
   * @param pulled the tables whose rows are copied
   */
  FollowPlan plan(
      Connection snapshot, List<SourceTable> pulled, PullExtent extent, Fidelity fidelity)
      throws SQLException {
    Set<String> leftOut = new HashSet<>(Publication.tables(snapshot, publication));
    Set<String> unpublished = new HashSet<>();
    for (SourceTable table : pulled) {
      if (!leftOut.remove(table.quoted())) {
        unpublished.add(table.quoted());
      }
    }
    for (UnpublishedTable table : UnpublishedTable.of(snapshot, publication, extent)) {
      if (unpublished.contains(table.quoted())) {
        table.note(publication, fidelity);
      }
    }
    NotStreamed.note(snapshot, recorder.isPresent(), fidelity);
    return new FollowPlan(
        wish.slot(),
        publication,
        slot.start(),
        recorder.map(DdlRecorder::name),
        leftOut,
        unpublished);
  }
}
