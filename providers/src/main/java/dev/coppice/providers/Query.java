package dev.coppice.providers;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Statements whose answers fit in memory. */
final class Query {

  @FunctionalInterface
  interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  private Query() {}

  static <T> List<T> list(Connection connection, String sql, Row<T> reader) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<T> result = new ArrayList<>();
      while (rows.next()) {
        result.add(reader.read(rows));
      }
      return result;
    }
  }

  static <T> Optional<T> first(Connection connection, String sql, Row<T> reader)
      throws SQLException {
    List<T> rows = list(connection, sql, reader);
    return rows.isEmpty() ? Optional.empty() : Optional.ofNullable(rows.getFirst());
  }

  /** The first column of the only row. */
  static String text(Connection connection, String sql) throws SQLException {
    return first(connection, sql, row -> row.getString(1))
        .orElseThrow(() -> new IllegalStateException("no row from " + sql));
  }

  static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static List<String> texts(ResultSet row, String column) throws SQLException {
    Array array = row.getArray(column);
    if (array == null) {
      return List.of();
    }
    List<String> texts = new ArrayList<>();
    for (Object element : (Object[]) array.getArray()) {
      texts.add(String.valueOf(element));
    }
    return texts;
  }
}
