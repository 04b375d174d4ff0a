package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds tables that have other columns on the source, or are new there, before a change of their
 * rows tells of it: what is altered at once is copied at once.
 */
final class OtherDrifts {

  private record Known(long oid, String columns) {}

  /** The names alone: what stands in for a type that the engine lacks is called otherwise. */
  private static final String TABLES =
      """
      SELECT c.oid::bigint AS oid, n.nspname, c.relname,
             (SELECT string_agg(quote_ident(a.attname), ',' ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      """;

  private static final String PUBLISHED =
      """
      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
      AND (n.nspname, c.relname) IN (SELECT schemaname, tablename
                                     FROM pg_catalog.pg_publication_tables WHERE pubname = :publication)
      """;

  private static final String OF_USERS =
      """
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid
                        AND d.deptype = 'e')
      """;

  private OtherDrifts() {}

  /** Those that can be copied by themselves, as far as that shows. */
  static List<TableDrift> find(Connection source, Connection base, FollowPlan plan)
      throws SQLException {
    Map<TableName, Known> here = tables(base, TABLES);
    Set<String> schemas =
        Set.copyOf(
            Query.list(
                base, "SELECT nspname FROM pg_catalog.pg_namespace", row -> row.getString(1)));
    List<TableDrift> drifts = new ArrayList<>();
    for (var published :
        tables(
                source,
                TABLES + PUBLISHED.replace(":publication", SqlText.literal(plan.publication())))
            .entrySet()) {
      TableName name = published.getKey();
      Known own = here.get(name);
      boolean other = own == null || !own.columns.equals(published.getValue().columns);
      if (other && schemas.contains(name.schema()) && !leftOut(plan, name)) {
        drifts.add(
            new TableDrift(
                published.getValue().oid,
                name,
                own == null ? "is new on the source" : "has other columns"));
      }
    }
    return drifts;
  }

  /** Tables of the base that the source does not have; a new one may be one of them, renamed. */
  static List<TableName> gone(Connection source, Connection base) throws SQLException {
    List<TableName> gone = new ArrayList<>(tables(base, TABLES + OF_USERS).keySet());
    gone.removeAll(tables(source, TABLES).keySet());
    return gone;
  }

  private static boolean leftOut(FollowPlan plan, TableName name) {
    return plan.leftOut().contains(name.quoted())
        || plan.unpublished().contains(name.quoted())
        || DdlRecorder.owns(name);
  }

  private static Map<TableName, Known> tables(Connection session, String sql) throws SQLException {
    Map<TableName, Known> tables = new HashMap<>();
    Query.list(
        session,
        sql,
        row ->
            tables.put(
                new TableName(row.getString("nspname"), row.getString("relname")),
                new Known(row.getLong("oid"), String.valueOf(row.getString("columns")))));
    return tables;
  }
}
