package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what the stream says nothing of to where the source has it now: the rows of unlogged
 * tables, large objects, and the contents of materialized views.
 */
final class UnstreamedRefresh {

  private static final Logger LOG = LoggerFactory.getLogger(UnstreamedRefresh.class);

  private static final String UNLOGGED =
      """
      SELECT n.nspname, c.relname, coalesce(m.amname, 'heap') = 'heap' AS heap,
             coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint AS blocks,
             coalesce(pg_table_size(c.oid), 0) AS bytes,
             ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                     AND a.attgenerated = '' ORDER BY a.attnum) AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_am m ON m.oid = c.relam
      WHERE c.relkind = 'r' AND c.relpersistence = 'u'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND %s
      ORDER BY 1, 2
      """
          .formatted(ReplicaProbe.ON_THIS_SERVER);

  private final Connection source;
  private final Connection base;
  private final RateLimit rate;

  UnstreamedRefresh(Connection source, Connection base, RateLimit rate) {
    this.source = source;
    this.base = base;
    this.rate = rate;
  }

  /**
   * A snapshot of a running base has been through a recovery, which empties unlogged tables; so a
   * base keeps them as ordinary ones. Those first that others refer to.
   */
  static void logTables(Connection base) throws SQLException {
    List<SourceTable> left = unlogged(base);
    int before;
    do {
      before = left.size();
      List<SourceTable> refused = new ArrayList<>();
      for (SourceTable table : left) {
        try {
          Query.run(base, "ALTER TABLE " + table.quoted() + " SET LOGGED");
        } catch (SQLException e) {
          if (EngineFailure.isLocal(e)) {
            throw e;
          }
          refused.add(table);
        }
      }
      left = refused;
    } while (!left.isEmpty() && left.size() < before);
    left.forEach(
        table -> LOG.warn("Table {} stays unlogged, and empty in snapshots", table.quoted()));
  }

  /**
   * @param views whether materialized views are to be calculated anew here
   */
  void run(boolean views) throws SQLException, InterruptedException {
    logTables(base);
    for (SourceTable table : unlogged(source)) {
      attempt("unlogged table " + table.quoted(), () -> copy(table));
    }
    attempt("large objects", () -> new LargeObjectRefresh(source, base, rate).run());
    if (views) {
      for (String[] view : MaterializedViews.filled(base)) {
        attempt(
            "materialized view " + view[1],
            () -> Query.run(base, "REFRESH MATERIALIZED VIEW " + view[0]));
      }
    }
  }

  @FunctionalInterface
  private interface Step {
    void run() throws SQLException, InterruptedException;
  }

  /** One that cannot be read does not keep the others from being so. */
  private void attempt(String what, Step step) throws SQLException, InterruptedException {
    try {
      step.run();
    } catch (SQLException e) {
      if (EngineFailure.isLocal(e)) {
        throw e;
      }
      LOG.warn("Left as it was: {}: {}", what, e.getMessage());
      Query.run(base, "ROLLBACK");
    }
  }

  private static List<SourceTable> unlogged(Connection session) throws SQLException {
    return Query.list(
        session,
        UNLOGGED,
        row ->
            new SourceTable(
                row.getString("nspname"),
                row.getString("relname"),
                Query.texts(row, "columns"),
                "",
                false,
                row.getBoolean("heap"),
                false,
                row.getLong("blocks"),
                0,
                row.getLong("bytes")));
  }

  private void copy(SourceTable table) throws SQLException, InterruptedException {
    RowTransfer transfer = new RowTransfer(source, base, rate);
    Query.run(base, "BEGIN");
    transfer.empty(table.quoted());
    Query.run(source, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    try {
      // Before the snapshot, for which a table that is truncated or rewritten later is empty.
      Query.run(source, "LOCK TABLE ONLY " + table.quoted() + " IN ACCESS SHARE MODE");
      transfer.copy(table);
    } finally {
      Query.run(source, "ROLLBACK");
    }
    Query.run(base, "COMMIT");
  }
}
