package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import dev.coppice.providers.profile.Provider;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings single tables of a base, with their definitions, to a position of the source that lies
 * ahead of the base. The stream brings all others there, and one transaction of the base commits
 * both with the position. So each state that is committed is a state of the source, and after an
 * end at any moment nothing has happened.
 */
final class TableRefill {

  private static final Logger LOG = LoggerFactory.getLogger(TableRefill.class);

  private static final int ATTEMPTS = 20;

  /** A table that may not be read, which a whole pull leaves out. */
  private static final String INSUFFICIENT_PRIVILEGE = "42501";

  /** No slot is left on the source; a whole pull gives up the one it has. */
  private static final String CONFIGURATION_LIMIT = "53400";

  private final SourceSessions source;
  private final Connection base;
  private final FollowPlan plan;
  private final Map<TableName, TableDrift> drifted = new LinkedHashMap<>();
  private final Set<TableName> before;
  private final RateLimit rate;
  private final List<RefilledTable> targets = new ArrayList<>();
  private String afterRowsOfNew = "";
  private Lsn position = Lsn.ZERO;
  private volatile Optional<SchemaFingerprint> fingerprint = Optional.empty();

  // Asked by other threads.
  private volatile String readable;
  private volatile boolean done;

  /**
   * @param base in whose transaction it happens
   * @param before tables to which this happened a short while ago
   */
  TableRefill(
      SourceSessions source,
      Connection base,
      FollowPlan plan,
      Collection<TableDrift> drifted,
      Set<TableName> before,
      RateLimit rate) {
    this.source = source;
    this.base = base;
    this.plan = plan;
    drifted.forEach(drift -> this.drifted.put(drift.table(), drift));
    this.readable = readable(this.drifted.keySet());
    this.before = Set.copyOf(before);
    this.rate = rate;
  }

  /** Their changes are not to be applied before {@link #position}. */
  Set<TableName> tables() {
    return drifted.keySet();
  }

  String readable() {
    return readable;
  }

  private static String readable(Collection<TableName> tables) {
    return tables.stream().map(TableName::readable).collect(Collectors.joining(", "));
  }

  /** Where the base is to be when this is committed; known once they are filled. */
  Lsn position() {
    return position;
  }

  /** Begins the transaction of the base, and fills the tables in it. */
  void fill(int major, TableScript script, Provider provider)
      throws SQLException, IOException, InterruptedException {
    try {
      for (int attempt = 1; !fillAll(major, script, provider); attempt++) {
        if (attempt == ATTEMPTS) {
          throw new SourceException(
              SourceFailure.FOLLOW_FAILED,
              "Tables %s are locked or altered all the time".formatted(readable()),
              "It is tried again.");
        }
      }
    } catch (SQLException e) {
      if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())
          || CONFIGURATION_LIMIT.equals(e.getSQLState())) {
        throw impossible(e);
      }
      throw e;
    }
  }

  /** False, with nothing done, if one of them is being altered just now. */
  private boolean fillAll(int major, TableScript script, Provider provider)
      throws SQLException, IOException, InterruptedException {
    try (MeetingPoint meeting = MeetingPoint.open(source, plan.slot(), major)) {
      requirePublished(meeting.session(), major);
      addOthers(meeting.session());
      if (!meeting.lock(drifted.keySet())) {
        return false;
      }
      position = meeting.position();
      PullExtent extent = PullExtent.read(meeting.session(), provider);
      fingerprint = SchemaFingerprint.within(meeting.session(), provider, extent);
      LOG.info("Tables {} are copied anew, as of {}", readable(), position);
      for (TableDrift drift : drifted.values()) {
        RefilledTable.find(drift, meeting.session(), base, before).ifPresent(targets::add);
      }
      RowTransfer transfer = new RowTransfer(meeting.session(), base, rate);
      Refusal.unlessDone(base, "BEGIN");
      make(meeting, script);
      for (RefilledTable target : targets) {
        target.fill(meeting.session(), transfer);
      }
      return true;
    }
  }

  /** What is not told from there on would be missed. */
  private void requirePublished(Connection state, int major) throws SQLException {
    try {
      new PublishedScope(state, plan.publication(), major).requireWhole();
    } catch (SourceException e) {
      throw FollowedTables.drifted(readable() + ": " + e.getMessage());
    }
    List<String> published = Publication.tables(state, plan.publication());
    for (TableDrift drift : drifted.values()) {
      boolean there = TableShape.read(state, drift.table()).isPresent();
      if (there && !published.contains(drift.table().quoted())) {
        throw drift.failure("the publication does not hold it any more");
      }
    }
  }

  /** Those that could not be copied by themselves have time until their rows change. */
  private void addOthers(Connection state) throws SQLException {
    for (TableDrift drift : OtherDrifts.find(state, base, plan)) {
      if (!drifted.containsKey(drift.table()) && RefilledTable.isPossible(drift, state, base)) {
        drifted.put(drift.table(), drift);
      }
    }
    readable = readable(drifted.keySet());
  }

  private void make(MeetingPoint meeting, TableScript script)
      throws SQLException, IOException, InterruptedException {
    List<TableName> made =
        targets.stream().filter(RefilledTable::isNew).map(RefilledTable::name).toList();
    if (made.isEmpty()) {
      return;
    }
    List<TableName> gone = OtherDrifts.gone(meeting.session(), base);
    if (!gone.isEmpty()) {
      throw FollowedTables.drifted(
          "%s is new on the source, and perhaps what was called %s"
              .formatted(made.getFirst().readable(), gone.getFirst().readable()));
    }
    TableScript.Sections sections = script.of(source.login(), meeting.snapshot(), made);
    afterRowsOfNew = sections.afterRows();
    run(sections.beforeRows());
  }

  private void run(String script) throws SQLException {
    try {
      Refusal.unlessDone(base, script);
    } catch (Refusal e) {
      if (e.passes()) {
        throw e;
      }
      throw impossible(e);
    }
  }

  private SourceException impossible(SQLException e) {
    return FollowedTables.drifted(
        "tables %s cannot be copied by themselves: %s".formatted(readable(), e.getMessage()));
  }

  /** To be called when all other tables are where these are. */
  void finish() throws SQLException {
    for (RefilledTable target : targets) {
      target.complete(false);
    }
    if (!afterRowsOfNew.isEmpty()) {
      run(afterRowsOfNew);
    }
    for (RefilledTable target : targets) {
      target.complete(true);
    }
    for (RefilledTable target : targets) {
      target.requireSame();
    }
  }

  /** It is committed. */
  void done() {
    done = true;
    LOG.info("Tables {} are in step again", readable());
  }

  boolean isDone() {
    return done;
  }

  /** What of that was defined otherwise when these tables were copied. */
  SchemaFingerprint on(SchemaFingerprint known) {
    return fingerprint.map(copied -> known.withCopied(tables(), copied)).orElse(known);
  }
}
