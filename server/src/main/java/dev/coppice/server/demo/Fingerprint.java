package dev.coppice.server.demo;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All that a database holds, small enough to compare: of each table its columns, the number of its
 * rows and the sum of the rows' hashes; and the definitions of its indexes, views and triggers.
 */
record Fingerprint(Map<String, TableState> tables, String definitions) {

  /**
   * @param hash the sum of the hashes of the rows' text forms
   */
  record TableState(String columns, long rows, BigDecimal hash) {}

  private static final String TABLES =
      """
      SELECT format('%I.%I', n.nspname, c.relname),
             (SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum)
              FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
      ORDER BY 1
      """;
  private static final String DEFINITIONS =
      """
      SELECT md5(string_agg(definition, E'\\n' ORDER BY definition)) FROM (
        SELECT indexdef FROM pg_indexes WHERE schemaname NOT LIKE 'pg\\_%'
        UNION ALL
        SELECT schemaname || '.' || viewname || definition FROM pg_views
        WHERE schemaname NOT LIKE 'pg\\_%' AND schemaname <> 'information_schema'
        UNION ALL
        SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL
        SELECT conrelid::regclass || pg_get_constraintdef(oid) FROM pg_constraint
      ) AS definitions (definition)
      """;

  static Fingerprint of(Connection connection) throws SQLException {
    Map<String, TableState> tables = new TreeMap<>();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
      // What a row's text is must not depend on a session's habits.
      statement.execute("SET LOCAL timezone = 'UTC'");
      for (String[] table : tableNames(statement)) {
        tables.put(table[0], state(statement, table[0], table[1]));
      }
      try (ResultSet result = statement.executeQuery(DEFINITIONS)) {
        result.next();
        return new Fingerprint(tables, result.getString(1));
      }
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  private static List<String[]> tableNames(Statement statement) throws SQLException {
    List<String[]> names = new ArrayList<>();
    try (ResultSet result = statement.executeQuery(TABLES)) {
      while (result.next()) {
        names.add(new String[] {result.getString(1), result.getString(2)});
      }
    }
    return names;
  }

  private static TableState state(Statement statement, String table, String columns)
      throws SQLException {
    String query =
        "SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM %s AS t"
            .formatted(table);
    try (ResultSet result = statement.executeQuery(query)) {
      result.next();
      return new TableState(columns, result.getLong(1), result.getBigDecimal(2));
    }
  }

  long rows() {
    return tables.values().stream().mapToLong(TableState::rows).sum();
  }

  long rows(String table) {
    TableState state = tables.get(table);
    return state == null ? 0 : state.rows();
  }

  /** How this differs from another, one line for each table; empty if in nothing. */
  List<String> differences(Fingerprint other) {
    List<String> differences = new ArrayList<>();
    tables.forEach((name, state) -> {
      TableState theirs = other.tables.get(name);
      if (theirs == null) {
        differences.add(name + " is new");
      } else if (!state.columns().equals(theirs.columns())) {
        differences.add(name + " has other columns");
      } else if (state.rows() != theirs.rows()) {
        differences.add("%s has %+d rows".formatted(name, state.rows() - theirs.rows()));
      } else if (state.hash().compareTo(theirs.hash()) != 0) {
        differences.add(name + " has other values");
      }
    });
    other.tables.keySet().stream()
        .filter(name -> !tables.containsKey(name))
        .forEach(name -> differences.add(name + " is gone"));
    if (!definitions.equals(other.definitions)) {
      differences.add("indexes, views, triggers or constraints differ");
    }
    return differences;
  }
}
