package dev.coppice.branches;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.core.Utils;

/** Plain SQL on an engine. */
final class Statements {

  private Statements() {}

  static void run(Connection session, String sql) throws SQLException {
    try (Statement statement = session.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Every row's columns, as text. */
  static List<List<String>> rows(Connection session, String sql) throws SQLException {
    List<List<String>> read = new ArrayList<>();
    try (Statement statement = session.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int column = 1; column <= columns; column++) {
          row.add(String.valueOf(rows.getString(column)));
        }
        read.add(row);
      }
    }
    return read;
  }

  /** The first column of every row. */
  static List<String> column(Connection session, String sql) throws SQLException {
    return rows(session, sql).stream().map(row -> row.get(0)).toList();
  }

  static String identifier(String name) throws SQLException {
    return Utils.escapeIdentifier(null, name).toString();
  }

  static String literal(String text) throws SQLException {
    return "'" + Utils.escapeLiteral(null, text, true) + "'";
  }
}
