package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One table that is copied anew, or for the first time. */
final class RefilledTable {

  private static final String NAME =
      """
      SELECT n.nspname, c.relname
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.oid =
      """;

  private static final String ROWS =
      """
      SELECT coalesce(m.amname, 'heap') = 'heap' AS heap,
             coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint AS blocks,
             coalesce(pg_table_size(c.oid), 0) AS bytes
      FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
      WHERE c.oid =
      """;

  private static final String TRIGGERS =
      "SELECT EXISTS (SELECT FROM pg_catalog.pg_trigger WHERE NOT tgisinternal AND tgrelid = :oid)";

  private final TableDrift drift;
  private final Connection base;
  private final TableShape there;

  /** Absent for a new one. */
  private final @Nullable TableChange change;

  private RefilledTable(
      TableDrift drift, Connection base, TableShape there, @Nullable TableChange change) {
    this.drift = drift;
    this.base = base;
    this.there = there;
    this.change = change;
  }

  static boolean isPossible(TableDrift drift, Connection state, Connection base)
      throws SQLException {
    try {
      return find(drift, state, base, Set.of()).isPresent();
    } catch (SourceException e) {
      return false;
    }
  }

  /**
   * Empty if there is nothing of it any more on either side. Throws {@code DRIFTED} if it cannot be
   * brought over by itself.
   *
   * @param state of the source in which it is copied
   * @param before tables that were copied a short while ago
   */
  static Optional<RefilledTable> find(
      TableDrift drift, Connection state, Connection base, Set<TableName> before)
      throws SQLException {
    TableName name = drift.table();
    Optional<TableName> now =
        Query.first(
            state, NAME + drift.oid(), row -> new TableName(row.getString(1), row.getString(2)));
    if (now.isPresent() && !now.get().equals(name)) {
      throw drift.failure("it is called " + now.get().readable() + " now");
    }
    Optional<TableShape> there = TableShape.read(state, name);
    Optional<TableShape> here = TableShape.read(base, name);
    if (there.isEmpty() && here.isEmpty()) {
      return Optional.empty();
    }
    TableShape shape =
        there.orElseThrow(() -> drift.failure("it is not there any more, or has another name"));
    if (here.isEmpty()) {
      requireMakeable(drift, shape, state);
      return Optional.of(new RefilledTable(drift, base, shape, null));
    }
    TableChange change = new TableChange(name.quoted(), here.get(), shape);
    Optional<String> obstacle = change.obstacle();
    if (obstacle.isPresent()) {
      throw drift.failure(obstacle.get());
    }
    if (before.contains(name) && shape.isDefinedAs(here.get())) {
      throw drift.failure("it was copied a short while ago");
    }
    return Optional.of(new RefilledTable(drift, base, shape, change));
  }

  /** Some triggers call other services, and what becomes of those is for a whole pull to say. */
  private static void requireMakeable(TableDrift drift, TableShape shape, Connection state)
      throws SQLException {
    if (!shape.obstacle().isEmpty()) {
      throw drift.failure(shape.obstacle());
    }
    if (Query.text(state, TRIGGERS.replace(":oid", Long.toString(shape.oid()))).equals("t")) {
      throw drift.failure("it has triggers");
    }
  }

  TableName name() {
    return drift.table();
  }

  boolean isNew() {
    return change == null;
  }

  /**
   * @param state of the source, as before
   */
  void fill(Connection state, RowTransfer transfer) throws SQLException, InterruptedException {
    SourceTable rows = rows(state);
    try {
      if (change != null) {
        transfer.empty(name().quoted());
        for (String statement : change.beforeRows()) {
          Refusal.unlessDone(base, statement);
        }
      }
      transfer.copy(rows);
    } catch (Refusal e) {
      throw refused(e);
    }
  }

  private SourceTable rows(Connection state) throws SQLException {
    return Query.first(
            state,
            ROWS + there.oid(),
            row ->
                new SourceTable(
                    name().schema(),
                    name().name(),
                    there.stored(),
                    "",
                    false,
                    row.getBoolean("heap"),
                    false,
                    row.getLong("blocks"),
                    0,
                    row.getLong("bytes")))
        .orElseThrow();
  }

  /**
   * @param references whether to other tables, else everything but those
   */
  void complete(boolean references) throws SQLException {
    try {
      if (change != null) {
        for (TableShape.Part part : change.missing(here())) {
          if (part.reference() == references) {
            Refusal.unlessDone(base, part.creation(name().quoted()));
          }
        }
      }
      if (references) {
        Refusal.unlessDone(base, "ANALYZE " + name().quoted());
      }
    } catch (Refusal e) {
      throw refused(e);
    }
  }

  void requireSame() throws SQLException {
    if (!here().isDefinedAs(there)) {
      throw drift.failure("its definition did not become the same");
    }
  }

  private TableShape here() throws SQLException {
    return TableShape.read(base, name())
        .orElseThrow(() -> new IllegalStateException("lost " + name().readable()));
  }

  private SQLException refused(Refusal e) {
    if (e.passes()) {
      return e;
    }
    throw drift.failure(String.valueOf(e.getMessage()));
  }
}
