package dev.coppice.providers;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coppice.providers.FollowedTable.Prepared;
import dev.coppice.providers.pgoutput.ColumnValue;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Writes rows into the base, many statements in one message. Inserts of many rows in sequence
 * travel by {@code COPY}. Each statement is prepared once, and each must hit exactly one row.
 */
final class ChangeWriter {

  private static final int MESSAGE_CHARACTERS = 128 * 1024;
  private static final int MESSAGE_STATEMENTS = 500;
  private static final int PREPARED_STATEMENTS = 1_000;

  /** From here on a {@code COPY}'s two round trips are less than the statements it saves. */
  private static final int COPY_ROWS = 24;

  private static final int MOST_COPY_ROWS = 5_000;

  private final Connection base;
  private final StringBuilder message = new StringBuilder();
  private final List<@Nullable String> expected = new ArrayList<>();
  private final Map<String, String> prepared = new HashMap<>();
  private int named;

  private final List<List<ColumnValue>> inserts = new ArrayList<>();
  private @Nullable FollowedTable insertsInto;

  ChangeWriter(Connection base) {
    this.base = base;
  }

  void insert(FollowedTable table, List<ColumnValue> row) throws SQLException {
    if (insertsInto != table || inserts.size() >= MOST_COPY_ROWS) {
      endInserts();
      insertsInto = table;
    }
    inserts.add(row);
  }

  void one(FollowedTable table, Prepared statement) throws SQLException {
    endInserts();
    execute(statement, table.toString());
  }

  /** Whether that query finds a row, after everything so far. */
  boolean finds(Prepared query) throws SQLException {
    flush();
    StringBuilder sql = new StringBuilder("PREPARE q AS ").append(query.sql());
    sql.append("; EXECUTE q");
    char separator = '(';
    for (ColumnValue value : query.values()) {
      sql.append(separator);
      literal(sql, value);
      separator = ',';
    }
    sql.append("); DEALLOCATE q");
    try (Statement statement = base.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql.toString());
      statement.getMoreResults();
      try (ResultSet rows = statement.getResultSet()) {
        return rows != null && rows.next();
      }
    }
  }

  /** Any other statement, in its place. */
  void other(String sql) throws SQLException {
    endInserts();
    append(sql, null);
  }

  /** Definitions have changed, and with them perhaps the types of parameters. */
  void forgetPrepared() throws SQLException {
    other("DEALLOCATE ALL");
    prepared.clear();
  }

  /** Returns when the engine has done everything so far. */
  void flush() throws SQLException {
    endInserts();
    send();
  }

  private void endInserts() throws SQLException {
    FollowedTable table = insertsInto;
    if (table == null || inserts.isEmpty()) {
      return;
    }
    List<List<ColumnValue>> rows = List.copyOf(inserts);
    inserts.clear();
    insertsInto = null;
    if (rows.size() >= COPY_ROWS) {
      send();
      copy(table, rows);
    } else {
      for (List<ColumnValue> row : rows) {
        execute(table.insert(row), table.toString());
      }
    }
  }

  private void execute(Prepared statement, String table) throws SQLException {
    String name = prepared.get(statement.sql());
    if (name == null) {
      if (prepared.size() >= PREPARED_STATEMENTS) {
        append("DEALLOCATE ALL", null);
        prepared.clear();
      }
      name = "c" + named++;
      append("PREPARE " + name + " AS " + statement.sql(), null);
      prepared.put(statement.sql(), name);
    }
    StringBuilder sql = new StringBuilder("EXECUTE ").append(name);
    char separator = '(';
    for (ColumnValue value : statement.values()) {
      sql.append(separator);
      literal(sql, value);
      separator = ',';
    }
    append(statement.values().isEmpty() ? sql.toString() : sql.append(')').toString(), table);
  }

  private static void literal(StringBuilder sql, ColumnValue value) {
    switch (value) {
      case ColumnValue.Null n -> sql.append("NULL");
      case ColumnValue.Unchanged u -> throw new IllegalStateException("an unknown value is needed");
      case ColumnValue.Text text ->
          sql.append('\'').append(text.text().replace("'", "''")).append('\'');
    }
  }

  private void append(String sql, @Nullable String oneRowOf) throws SQLException {
    message.append(sql).append(";\n");
    expected.add(oneRowOf);
    if (message.length() > MESSAGE_CHARACTERS || expected.size() >= MESSAGE_STATEMENTS) {
      send();
    }
  }

  private void send() throws SQLException {
    if (expected.isEmpty()) {
      return;
    }
    String sql = message.toString();
    List<@Nullable String> results = new ArrayList<>(expected);
    message.setLength(0);
    expected.clear();
    try (Statement statement = base.createStatement()) {
      statement.setEscapeProcessing(false);
      boolean rows = statement.execute(sql);
      for (String table : results) {
        int count = rows ? rowCount(statement) : statement.getUpdateCount();
        if (table != null && count != 1) {
          throw FollowedTables.drifted(
              "a change of table %s met %d rows of the base and not one".formatted(table, count));
        }
        rows = statement.getMoreResults();
      }
    }
  }

  private static int rowCount(Statement statement) throws SQLException {
    int count = 0;
    try (ResultSet rows = statement.getResultSet()) {
      while (rows != null && rows.next()) {
        count++;
      }
    }
    return count;
  }

  private void copy(FollowedTable table, List<List<ColumnValue>> rows) throws SQLException {
    CopyIn copy = base.unwrap(PGConnection.class).getCopyAPI().copyIn(table.copyIn());
    StringBuilder text = new StringBuilder();
    for (List<ColumnValue> row : rows) {
      char separator = 0;
      for (ColumnValue value : row) {
        if (separator != 0) {
          text.append(separator);
        }
        copied(text, value);
        separator = '\t';
      }
      text.append('\n');
      if (text.length() > MESSAGE_CHARACTERS) {
        write(copy, text);
      }
    }
    write(copy, text);
    long accepted = copy.endCopy();
    if (accepted != rows.size()) {
      throw FollowedTables.drifted(
          "table %s took %d of %d rows".formatted(table, accepted, rows.size()));
    }
  }

  private static void write(CopyIn copy, StringBuilder text) throws SQLException {
    byte[] bytes = text.toString().getBytes(UTF_8);
    copy.writeToCopy(bytes, 0, bytes.length);
    text.setLength(0);
  }

  private static void copied(StringBuilder out, ColumnValue value) {
    switch (value) {
      case ColumnValue.Null n -> out.append("\\N");
      case ColumnValue.Unchanged u -> throw new IllegalStateException("an unknown value is needed");
      case ColumnValue.Text text -> {
        for (int i = 0; i < text.text().length(); i++) {
          char c = text.text().charAt(i);
          switch (c) {
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> out.append(c);
          }
        }
      }
    }
  }
}
