package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Finds what the role that reads the source may not read. */
final class RightsProbe {

  private static final int SHOWN = 10;

  /** Relations whose contents a pull reads. */
  private static final String READ =
      """
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'
      AND (NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                         AND d.objid = c.oid AND d.deptype = 'e')
           OR EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)))
      """;

  private final Connection connection;
  private final PullExtent extent;
  private final String read;
  private final String role;

  RightsProbe(Connection connection, PullExtent extent, String user) throws SQLException {
    this.connection = connection;
    this.extent = extent;
    this.read = READ + " AND " + extent.condition() + " AND ";
    String current = Query.text(connection, "SELECT current_user");
    this.role = SqlText.readable(current.isEmpty() ? user : current);
  }

  List<Finding> probe() throws SQLException {
    List<Finding> findings = new ArrayList<>();
    findings.add(schemas());
    findings.add(tables());
    findings.add(rowSecurity());
    findings.add(sequences());
    findings.add(largeObjects());
    if (!extent.unreadable().isEmpty()) {
      findings.add(hosted());
    }
    return findings;
  }

  /** The host's own tables that are not for this role to read. */
  private Finding hosted() {
    List<String> names = extent.unreadable().stream().map(PullExtent.Relation::readable).toList();
    return Finding.warning(
        "the host's tables",
        role + " may not read " + shown(names) + ", so they will be missing",
        "GRANT pg_read_all_data TO " + role + "; -- if an application needs them in a branch");
  }

  private Finding schemas() throws SQLException {
    List<String> names =
        Query.list(
            connection,
            "SELECT DISTINCT n.nspname "
                + read
                + "c.relkind IN ('r', 'p', 'S') AND NOT has_schema_privilege(n.oid, 'USAGE')"
                + " ORDER BY 1",
            row -> SqlText.readable(row.getString(1)));
    return denied(
        "schemas",
        names,
        "USAGE on ",
        "GRANT USAGE ON SCHEMA " + String.join(", ", names) + " TO " + role + ";");
  }

  private Finding tables() throws SQLException {
    return selectable("tables", "TABLE", "c.relkind IN ('r', 'p')");
  }

  private Finding sequences() throws SQLException {
    return selectable("sequences", "SEQUENCE", "c.relkind = 'S'");
  }

  private Finding selectable(String what, String kind, String condition) throws SQLException {
    List<String> names = names(condition + " AND NOT has_table_privilege(c.oid, 'SELECT')");
    return denied(
        what,
        names,
        "SELECT on ",
        "GRANT SELECT ON " + kind + " " + String.join(", ", names) + " TO " + role + ";");
  }

  /** Tables whose policies would apply to this role, so that rows would be missing. */
  private Finding rowSecurity() throws SQLException {
    List<String> names =
        names("c.relkind IN ('r', 'p') AND c.relrowsecurity AND row_security_active(c.oid)");
    if (names.isEmpty()) {
      return Finding.passed("row level security", "hides no rows from " + role);
    }
    return Finding.failed(
        SourceFailure.ROW_SECURITY,
        "row level security",
        "policies hide rows of " + shown(names) + " from " + role,
        "ALTER ROLE " + role + " BYPASSRLS;");
  }

  private Finding largeObjects() throws SQLException {
    List<String> oids =
        Query.list(
            connection,
            "SELECT l.oid FROM pg_largeobject_metadata l WHERE NOT ("
                + LargeObjectCopy.READABLE
                + ") ORDER BY 1",
            row -> row.getString(1));
    if (oids.isEmpty()) {
      return Finding.passed("large objects", "all can be read");
    }
    return Finding.warning(
        "large objects",
        oids.size() + " of them cannot be read and will be missing: " + shown(oids),
        "GRANT SELECT ON LARGE OBJECT " + String.join(", ", oids) + " TO " + role + ";");
  }

  private List<String> names(String condition) throws SQLException {
    return Query.list(
        connection,
        "SELECT n.nspname, c.relname " + read + condition + " ORDER BY 1, 2",
        row -> SqlText.readable(row.getString(1), row.getString(2)));
  }

  private Finding denied(String what, List<String> names, String right, String remedy) {
    if (names.isEmpty()) {
      return Finding.passed(what, "all can be read");
    }
    return Finding.failed(
        SourceFailure.PERMISSION_DENIED, what, role + " lacks " + right + shown(names), remedy);
  }

  private static String shown(List<String> names) {
    return names.size() <= SHOWN
        ? String.join(", ", names)
        : String.join(", ", names.subList(0, SHOWN)) + " and " + (names.size() - SHOWN) + " more";
  }
}
