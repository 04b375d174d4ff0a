package dev.coppice.providers;

import dev.coppice.providers.pgoutput.Lsn;
import dev.coppice.providers.pgoutput.ReplicationMessage;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Writes the stream into the base, in the order of the source's commits, several of its
 * transactions in one of the base's. Each of those carries the source's position as progress of a
 * replication origin, so that the two are committed together.
 */
final class Applier {

  static final String ORIGIN = "coppice";

  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(40);
  private static final long LONGEST_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final int MOST_CHANGES = 20_000;

  private final Connection base;
  private final StreamQueue queue;
  private final FollowedTables tables;
  private final ChangeWriter writer;
  private final DdlReplay ddl;
  private final FollowState state;

  /** Done when nothing is under way; it may end this. */
  private final Runnable between;

  /** While it is under way, what is applied is committed with it. */
  private @Nullable TableRefill refill;

  /** Held while a transaction of the base is open. */
  private final ReentrantLock gate;

  private boolean open;
  private boolean inside;
  private long openedNanos;
  private int changes;
  private boolean defined;
  private @Nullable Lsn end;
  private Instant endTime = Instant.EPOCH;
  private Lsn quiet = Lsn.ZERO;

  Applier(
      Connection base,
      StreamQueue queue,
      FollowedTables tables,
      DdlReplay ddl,
      FollowState state,
      Runnable between,
      ReentrantLock gate) {
    this.base = base;
    this.queue = queue;
    this.tables = tables;
    this.ddl = ddl;
    this.writer = new ChangeWriter(base);
    this.state = state;
    this.between = between;
    this.gate = gate;
  }

  /** Makes the session one that the origin belongs to; returns how far the base is. */
  static Lsn begin(Connection base) throws SQLException {
    Query.list(
        base,
        "SELECT pg_replication_origin_create('%1$s') WHERE NOT EXISTS (SELECT FROM pg_replication_origin WHERE roname = '%1$s')"
            .formatted(ORIGIN),
        row -> row.getString(1));
    Query.list(
        base,
        "SELECT pg_replication_origin_session_setup('" + ORIGIN + "')",
        row -> row.getString(1));
    return Query.first(
            base,
            "SELECT pg_replication_origin_session_progress(true)::text",
            row -> Optional.ofNullable(row.getString(1)).map(Lsn::parse).orElse(Lsn.ZERO))
        .orElse(Lsn.ZERO);
  }

  /** To be called before {@link #run}, with one whose tables are filled. */
  void begin(TableRefill filled) {
    refill = filled;
    open = true;
    tables.leaveOut(filled.tables());
  }

  /** Until the session ends or the thread is interrupted. */
  void run() throws SQLException, InterruptedException {
    try {
      while (true) {
        StreamItem item = queue.poll(patience());
        TableRefill current = refill;
        if (current != null && item != null && !inside && item.liesBehind(current.position())) {
          finish(current);
        }
        if (item != null) {
          take(item);
        }
        if (open && refill == null && !inside && (item == null || due())) {
          commit(requireEnd());
        }
        if (!open && !inside) {
          between.run();
        }
      }
    } catch (SQLException e) {
      tables.requireTaken(e);
      throw e;
    } finally {
      if (gate.isHeldByCurrentThread()) {
        gate.unlock();
      }
    }
  }

  private long patience() {
    return open && !inside && refill == null
        ? Math.max(0, LINGER_NANOS - (System.nanoTime() - openedNanos))
        : IDLE_NANOS;
  }

  private boolean due() {
    return defined || changes >= MOST_CHANGES || System.nanoTime() - openedNanos > LONGEST_NANOS;
  }

  private void take(StreamItem item) throws SQLException, InterruptedException {
    switch (item) {
      case StreamItem.Message message -> take(message.message());
      case StreamItem.Spooled spooled -> {
        try (SpooledTransaction transaction = spooled.changes()) {
          inside = true;
          ddl.begin();
          transaction.replay(this::take);
        }
        ended(spooled.commit().endLsn(), spooled.commit().committedAt());
      }
      case StreamItem.Quiet lull -> {
        if (open) {
          quiet = lull.lsn();
        } else {
          state.quiet(lull.lsn());
        }
      }
    }
  }

  private void take(ReplicationMessage message) throws SQLException, InterruptedException {
    switch (message) {
      case ReplicationMessage.Begin begin -> {
        inside = true;
        ddl.begin();
      }
      case ReplicationMessage.Commit commit -> ended(commit.endLsn(), commit.committedAt());
      case ReplicationMessage.Relation relation -> tables.learn(relation);
      case ReplicationMessage.Type type -> tables.learn(type);
      case ReplicationMessage.Insert insert -> insert(insert);
      case ReplicationMessage.Update update -> {
        Optional<FollowedTable> table = table(update.relation());
        if (table.isPresent()) {
          update(table.get(), update);
        }
      }
      case ReplicationMessage.Delete delete -> {
        Optional<FollowedTable> table = table(delete.relation());
        if (table.isPresent()) {
          writer.one(table.get(), table.get().delete(delete.old()));
        }
      }
      case ReplicationMessage.Truncate truncate -> truncate(truncate);
      // Where a change came from before does not matter to a copy.
      case ReplicationMessage.Origin origin -> {}
      case ReplicationMessage.Emitted emitted -> {}
      case ReplicationMessage.StreamStart s -> throw outOfPlace(s);
      case ReplicationMessage.StreamStop s -> throw outOfPlace(s);
      case ReplicationMessage.StreamCommit s -> throw outOfPlace(s);
      case ReplicationMessage.StreamAbort s -> throw outOfPlace(s);
    }
  }

  private void insert(ReplicationMessage.Insert insert) throws SQLException, InterruptedException {
    Optional<Map<String, String>> record = tables.recorded(insert);
    if (record.isPresent()) {
      define(record.get());
      return;
    }
    Optional<FollowedTable> table = table(insert.relation());
    if (table.isPresent()) {
      writer.insert(table.get(), insert.row());
    }
  }

  /** At its place among the changes of rows, and committed with them. */
  private void define(Map<String, String> record) throws SQLException, InterruptedException {
    open();
    writer.flush();
    if (ddl.take(record)) {
      tables.forgetDefinitions();
      writer.forgetPrepared();
      // What was defined may only be of use once it is committed: a new value of an enum.
      defined = true;
    }
  }

  private void update(FollowedTable table, ReplicationMessage.Update update) throws SQLException {
    List<String> identities = List.of();
    if (!table.identities().isEmpty()) {
      Optional<List<String>> told = table.newIdentities(update);
      identities =
          told.isPresent()
              ? told.get()
              : writer.finds(table.identitiesKept(update)) ? List.of() : table.identities();
    }
    for (String column : identities) {
      writer.other(table.alterIdentity(column, "BY DEFAULT"));
    }
    writer.one(table, table.update(update, identities));
    for (String column : identities) {
      writer.other(table.alterIdentity(column, "ALWAYS"));
    }
  }

  private static IllegalStateException outOfPlace(ReplicationMessage message) {
    return new IllegalStateException("out of place: " + message);
  }

  private void truncate(ReplicationMessage.Truncate truncate)
      throws SQLException, InterruptedException {
    List<String> targets = new ArrayList<>();
    for (int id : truncate.relations()) {
      table(id).ifPresent(table -> targets.add(table.truncateTarget()));
    }
    if (refill != null) {
      // Those that refer to these may be ahead of them.
      for (String target : targets) {
        writer.other("DELETE FROM " + target);
      }
    } else if (!targets.isEmpty()) {
      writer.other(
          "TRUNCATE TABLE "
              + String.join(", ", targets)
              + (truncate.restartIdentity() ? " RESTART IDENTITY" : "")
              + (truncate.cascade() ? " CASCADE" : ""));
    }
  }

  private Optional<FollowedTable> table(int id) throws SQLException, InterruptedException {
    open();
    changes++;
    return tables.find(base, id);
  }

  private void open() throws SQLException, InterruptedException {
    if (!open) {
      gate.lockInterruptibly();
      open = true;
      changes = 0;
      defined = false;
      openedNanos = System.nanoTime();
      writer.other("BEGIN");
    }
  }

  private void ended(Lsn endLsn, Instant committedAt) {
    inside = false;
    end = endLsn;
    endTime = committedAt;
    if (!open) {
      // Nothing of it concerned the base.
      state.quiet(endLsn);
    }
  }

  /** Everything is where the tables are that were filled. */
  private void finish(TableRefill filled) throws SQLException, InterruptedException {
    writer.flush();
    filled.finish();
    gate.lockInterruptibly();
    commit(filled.position());
    refill = null;
    tables.leaveOut(Set.of());
    filled.done();
  }

  private Lsn requireEnd() {
    Lsn position = end;
    if (position == null) {
      throw new IllegalStateException("nothing has ended");
    }
    return position;
  }

  private void commit(Lsn position) throws SQLException {
    writer.flush();
    writer.other(
        "SELECT pg_replication_origin_xact_setup('%s', '%s')".formatted(position, endTime));
    writer.other("COMMIT");
    writer.flush();
    open = false;
    state.committed(position, endTime, changes);
    state.quiet(quiet);
    gate.unlock();
  }
}
