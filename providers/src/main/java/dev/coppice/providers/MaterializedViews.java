package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Fills the materialized views that are filled on the source, those first that others read. */
final class MaterializedViews {

  private record View(String name, String readable, long oid, Set<Long> reads) {}

  /** Views read each other also through ordinary views. */
  private static final String FILLED =
      """
      WITH RECURSIVE reads(reader, read) AS (
        SELECT DISTINCT r.ev_class, d.refobjid
        FROM pg_rewrite r
        JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                        AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
        JOIN pg_class c ON c.oid = d.refobjid AND c.relkind IN ('v', 'm')
      ), closure(reader, read) AS (
        SELECT reader, read FROM reads
        UNION
        SELECT closure.reader, reads.read FROM closure JOIN reads ON reads.reader = closure.read
      )
      SELECT c.oid, n.nspname, c.relname,
             ARRAY(SELECT read FROM closure WHERE reader = c.oid) AS reads
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'm' AND c.relispopulated
      ORDER BY c.oid
      """;

  private MaterializedViews() {}

  /** Their names in the order in which they are to be filled. */
  static List<String[]> filled(Connection source) throws SQLException {
    Deque<View> left =
        new ArrayDeque<>(
            Query.list(
                source,
                FILLED,
                row ->
                    new View(
                        SqlText.identifier(row.getString(2), row.getString(3)),
                        SqlText.readable(row.getString(2), row.getString(3)),
                        row.getLong(1),
                        new LinkedHashSet<>(
                            Query.texts(row, "reads").stream().map(Long::valueOf).toList()))));
    Set<Long> waiting = new LinkedHashSet<>(left.stream().map(View::oid).toList());
    List<String[]> order = new java.util.ArrayList<>();
    while (!left.isEmpty()) {
      int before = order.size();
      for (View view : List.copyOf(left)) {
        if (view.reads.stream().noneMatch(waiting::contains)) {
          order.add(new String[] {view.name, view.readable});
          left.remove(view);
          waiting.remove(view.oid);
        }
      }
      if (order.size() == before) {
        throw new IllegalStateException("materialized views read each other in a circle");
      }
    }
    return order;
  }

  static void refresh(Connection engine, List<String[]> views, Fidelity fidelity)
      throws SQLException {
    for (String[] view : views) {
      try {
        Query.run(engine, "REFRESH MATERIALIZED VIEW " + view[0]);
        Query.run(engine, "ANALYZE " + view[0]);
      } catch (SQLException e) {
        if (EngineFailure.isLocal(e)) {
          throw e;
        }
        fidelity.changed(
            "materialized view",
            view[1],
            "it is empty, since it could not be refreshed: " + e.getMessage());
      }
    }
  }
}
