package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Reports what a base that is followed has from time to time only. */
final class NotStreamed {

  private static final String NAMES =
      """
      SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE :condition AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2
      """;

  private NotStreamed() {}

  /**
   * @param recorded whether the stream has the statements that fill materialized views
   */
  static void note(Connection source, boolean recorded, Fidelity fidelity) throws SQLException {
    for (String table :
        names(
            source,
            "c.relkind = 'r' AND c.relpersistence = 'u' AND " + ReplicaProbe.ON_THIS_SERVER)) {
      fidelity.changed(
          "unlogged table",
          table,
          "it is logged here, and its rows are copied again every refresh_interval");
    }
    if (!recorded) {
      for (String view : names(source, "c.relkind = 'm' AND c.relispopulated")) {
        fidelity.changed(
            "materialized view", view, "it is calculated anew here every refresh_interval");
      }
    }
    String objects = Query.text(source, "SELECT count(*) FROM pg_largeobject_metadata");
    if (!objects.equals("0")) {
      fidelity.changed(
          "large object",
          "all " + objects,
          "those that have changed are copied again every refresh_interval");
    }
  }

  private static List<String> names(Connection source, String condition) throws SQLException {
    return Query.list(
        source,
        NAMES.replace(":condition", condition),
        row -> SqlText.readable(row.getString(1), row.getString(2)));
  }
}
