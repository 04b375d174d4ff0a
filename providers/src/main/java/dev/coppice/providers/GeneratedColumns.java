package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Asks the source, since the stream does not tell which generated columns a table has. */
@FunctionalInterface
interface GeneratedColumns {

  /** Their names now; empty if there is no such table any more. */
  Optional<Set<String>> of(long oid, TableName table) throws SQLException;

  /** Reads nothing for which a lock on the table is needed. */
  static Optional<Set<String>> read(Connection source, long oid, TableName table)
      throws SQLException {
    Set<String> names = new HashSet<>();
    List<Optional<String>> rows =
        Query.list(
            source,
            """
            SELECT a.attname
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            LEFT JOIN pg_catalog.pg_attribute a
              ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> ''
            WHERE c.oid = %d AND n.nspname = %s AND c.relname = %s
            """
                .formatted(oid, SqlText.literal(table.schema()), SqlText.literal(table.name())),
            row -> Optional.ofNullable(row.getString(1)));
    rows.forEach(row -> row.ifPresent(names::add));
    return rows.isEmpty() ? Optional.empty() : Optional.of(names);
  }
}
