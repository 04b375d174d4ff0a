package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyOut;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what the stream says nothing of to where the source has it now: the rows of unlogged
 * tables, large objects, and the contents of materialized views.
 */
final class UnstreamedRefresh {

  private static final Logger LOG = LoggerFactory.getLogger(UnstreamedRefresh.class);

  /** {@code feature_not_supported}: other tables refer to it. */
  private static final String REFERRED_TO = "0A000";

  private record Table(String name, List<String> columns) {}

  private static final String UNLOGGED =
      """
      SELECT n.nspname, c.relname,
             ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                     AND a.attgenerated = '' ORDER BY a.attnum) AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND c.relpersistence = 'u'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      ORDER BY 1, 2
      """;

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
    List<Table> left = unlogged(base);
    int before;
    do {
      before = left.size();
      List<Table> refused = new ArrayList<>();
      for (Table table : left) {
        try {
          Query.run(base, "ALTER TABLE " + table.name + " SET LOGGED");
        } catch (SQLException e) {
          if (EngineFailure.isLocal(e)) {
            throw e;
          }
          refused.add(table);
        }
      }
      left = refused;
    } while (!left.isEmpty() && left.size() < before);
    left.forEach(table -> LOG.warn("Table {} stays unlogged, and empty in snapshots", table.name));
  }

  /**
   * @param views whether materialized views are to be calculated anew here
   */
  void run(boolean views) throws SQLException, InterruptedException {
    logTables(base);
    for (Table table : unlogged(source)) {
      attempt("unlogged table " + table.name, () -> copy(table));
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

  private static List<Table> unlogged(Connection session) throws SQLException {
    return Query.list(
        session,
        UNLOGGED,
        row ->
            new Table(
                SqlText.identifier(row.getString(1), row.getString(2)),
                Query.texts(row, "columns")));
  }

  private void copy(Table table) throws SQLException, InterruptedException {
    Query.run(base, "BEGIN");
    Query.run(base, "SAVEPOINT emptied");
    try {
      Query.run(base, "TRUNCATE ONLY " + table.name);
    } catch (SQLException e) {
      if (!REFERRED_TO.equals(e.getSQLState())) {
        throw e;
      }
      Query.run(base, "ROLLBACK TO emptied");
      Query.run(base, "DELETE FROM ONLY " + table.name);
    }
    String columns = table.columns.isEmpty() ? "" : " (" + String.join(", ", table.columns) + ")";
    CopyOut rows =
        source
            .unwrap(PGConnection.class)
            .getCopyAPI()
            .copyOut("COPY " + table.name + columns + " TO STDOUT");
    CopyIn copy = null;
    try {
      copy =
          base.unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn("COPY " + table.name + columns + " FROM STDIN");
      for (byte[] row = rows.readFromCopy(); row != null; row = rows.readFromCopy()) {
        rate.pass(row.length);
        copy.writeToCopy(row, 0, row.length);
      }
      copy.endCopy();
    } finally {
      if (rows.isActive()) {
        rows.cancelCopy();
      }
      if (copy != null && copy.isActive()) {
        copy.cancelCopy();
      }
    }
    Query.run(base, "COMMIT");
  }
}
