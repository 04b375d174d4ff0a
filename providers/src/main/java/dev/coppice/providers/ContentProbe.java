package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Names what a base will hold differently from its source. */
final class ContentProbe {

  private ContentProbe() {}

  static List<Finding> probe(Connection connection) throws SQLException {
    List<Finding> findings = new ArrayList<>();
    List<String> extensions =
        Query.list(
            connection,
            "SELECT extname || ' ' || extversion FROM pg_extension ORDER BY extname",
            row -> row.getString(1));
    findings.add(extensions(extensions));
    addIfAny(
        findings,
        connection,
        "foreign tables",
        "SELECT ftrelid::regclass::text FROM pg_foreign_table ORDER BY 1",
        "their definition is kept, their rows stay where they are");
    addIfAny(
        findings,
        connection,
        "unlogged tables",
        "SELECT oid::regclass::text FROM pg_class"
            + " WHERE relpersistence = 'u' AND relkind = 'r' ORDER BY 1",
        ReplicaProbe.standby(connection)
            ? "they stay empty, since a standby has no rows of them"
            : "their rows are copied");
    return findings;
  }

  private static Finding extensions(List<String> versions) {
    List<String> refused =
        versions.stream()
            .map(version -> version.substring(0, version.indexOf(' ')))
            .filter(ExtensionPlan::refuses)
            .toList();
    return refused.isEmpty()
        ? Finding.passed("extensions", String.join(", ", versions))
        : Finding.failed(
            SourceFailure.PREFLIGHT_FAILED,
            "extensions",
            String.join(", ", refused) + " decides itself how tables are stored or where",
            "A database that uses it cannot be pulled; drop the extension if nothing does.");
  }

  private static void addIfAny(
      List<Finding> findings, Connection connection, String what, String sql, String effect)
      throws SQLException {
    List<String> names = Query.list(connection, sql, row -> row.getString(1));
    if (!names.isEmpty()) {
      findings.add(Finding.passed(what, names.size() + "; " + effect));
    }
  }
}
