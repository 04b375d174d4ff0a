package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Compares the source's extensions with what the engine has to offer. */
final class ExtensionPlan {

  /** What of the user's own depends on something that the extension brought. */
  private static final String DEPENDENTS =
      """
      SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid)
      FROM pg_extension e
      JOIN pg_depend m ON m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid
                      AND m.deptype = 'e'
      JOIN pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid AND d.deptype = 'n'
      WHERE e.extname = :name
        AND NOT EXISTS (SELECT FROM pg_depend own
                        WHERE own.classid = d.classid AND own.objid = d.objid
                          AND own.deptype IN ('e', 'i'))
      ORDER BY 1 LIMIT 5
      """;

  private ExtensionPlan() {}

  /**
   * The extensions to leave out. Throws {@code PREFLIGHT_FAILED} where something of the user's
   * needs one that the engine does not have.
   */
  static Set<String> missing(Connection source, Connection engine, Fidelity fidelity)
      throws SQLException {
    Map<String, String> available = new HashMap<>();
    Query.list(
            engine,
            "SELECT name, default_version FROM pg_available_extensions",
            row -> new String[] {row.getString(1), String.valueOf(row.getString(2))})
        .forEach(row -> available.put(row[0], row[1]));
    Set<String> missing = new TreeSet<>();
    List<String[]> extensions =
        Query.list(
            source,
            "SELECT extname, extversion FROM pg_extension ORDER BY extname",
            row -> new String[] {row.getString(1), row.getString(2)});
    for (String[] extension : extensions) {
      String here = available.get(extension[0]);
      if (here == null) {
        requireUnused(source, extension[0]);
        missing.add(extension[0]);
        fidelity.dropped(
            "extension",
            extension[0],
            "the engine does not have it; nothing else in the database depends on it");
      } else if (!here.equals(extension[1])) {
        fidelity.changed(
            "extension", extension[0], "version " + here + " instead of " + extension[1]);
      }
    }
    return missing;
  }

  private static void requireUnused(Connection source, String extension) throws SQLException {
    List<String> dependents =
        Query.list(
            source,
            DEPENDENTS.replace(":name", SqlText.literal(extension)),
            row -> row.getString(1));
    if (!dependents.isEmpty()) {
      throw new SourceException(
          SourceFailure.PREFLIGHT_FAILED,
          "The source uses extension "
              + extension
              + ", which the local engine does not have, in "
              + String.join("; ", dependents)
              + ".",
          "Install the extension for the engine's Postgres (Debian, Ubuntu:"
              + " postgresql-<major>-"
              + extension.replace('_', '-')
              + ") and run the engines from that installation.");
    }
  }
}
