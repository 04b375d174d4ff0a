package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/** Sets every sequence to where the source's stands. */
final class SequenceCopy {

  private static final int BATCH = 100;

  private static final String SEQUENCES =
      """
      SELECT n.nspname, c.relname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND :extent AND :present
        AND (NOT EXISTS (SELECT FROM pg_depend d
                         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                           AND d.deptype = 'e')
             OR EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)))
      ORDER BY 1, 2
      """;

  private SequenceCopy() {}

  /** Names as SQL writes them. */
  static List<String> names(Connection source, PullExtent extent) throws SQLException {
    return Query.list(
        source,
        SEQUENCES
            .replace(":extent", extent.condition())
            .replace(":present", ReplicaProbe.ON_THIS_SERVER),
        row -> SqlText.identifier(row.getString(1), row.getString(2)));
  }

  static int run(Connection source, Connection engine, PullExtent extent, Fidelity fidelity)
      throws SQLException {
    List<String> names = names(source, extent);
    for (int from = 0; from < names.size(); from += BATCH) {
      List<String> batch = names.subList(from, Math.min(names.size(), from + BATCH));
      List<String> selects =
          batch.stream()
              .map(name ->
                  "SELECT " + SqlText.literal(name) + ", last_value, is_called FROM " + name)
              .toList();
      List<String> settings =
          Query.list(
              source,
              String.join(" UNION ALL ", selects),
              row ->
                  "pg_catalog.setval("
                      + SqlText.literal(row.getString(1))
                      + ", "
                      + row.getLong(2)
                      + ", "
                      + row.getBoolean(3)
                      + ")");
      set(engine, settings, fidelity);
    }
    return names.size();
  }

  private static void set(Connection engine, List<String> settings, Fidelity fidelity)
      throws SQLException {
    try {
      Query.run(engine, "SELECT " + String.join(", ", settings));
    } catch (SQLException e) {
      if (EngineFailure.isLocal(e)) {
        throw e;
      }
      for (String setting : settings) {
        try {
          Query.run(engine, "SELECT " + setting);
        } catch (SQLException one) {
          fidelity.dropped("sequence set", setting, String.valueOf(one.getMessage()));
        }
      }
    }
  }
}
