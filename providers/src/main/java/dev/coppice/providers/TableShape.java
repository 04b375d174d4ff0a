package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What of a table's definition goes with its rows, as a server's catalogue tells it.
 *
 * @param oid of the table on that server
 * @param file in which its rows lie there; another one once it was rewritten
 * @param obstacle why it cannot be changed by itself, else empty
 * @param parts its constraints and other indexes, in the order in which they can be made
 */
record TableShape(long oid, long file, String obstacle, List<Column> columns, List<Part> parts) {

  /**
   * @param collation as SQL writes it, empty for the type's own
   * @param required whether it is {@code NOT NULL}
   * @param identity as in {@code pg_attribute}
   * @param generated likewise
   * @param expression its default, or what it is generated from, else empty
   */
  record Column(
      String name,
      String type,
      String collation,
      boolean required,
      String identity,
      String generated,
      String expression) {

    String quoted() {
      return SqlText.identifier(name);
    }
  }

  /**
   * @param name quoted; an index's with its schema
   */
  record Part(boolean index, String name, String definition) {

    boolean reference() {
      return !index && definition.startsWith("FOREIGN KEY ");
    }

    String creation(String table) {
      return index
          ? definition
          : "ALTER TABLE " + table + " ADD CONSTRAINT " + name + " " + definition;
    }

    String removal(String table) {
      return index ? "DROP INDEX " + name : "ALTER TABLE " + table + " DROP CONSTRAINT " + name;
    }
  }

  private static final String TABLE =
      """
      SELECT c.oid::bigint AS oid, c.relfilenode::bigint AS file, CASE
          WHEN c.relkind <> 'r' THEN 'it is no ordinary table'
          WHEN c.relispartition THEN 'it is a partition'
          WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE c.oid IN (i.inhrelid, i.inhparent))
            THEN 'it inherits, or others inherit from it'
          WHEN c.reloftype <> 0 THEN 'it is of a type'
          WHEN c.relpersistence <> 'p' THEN 'it is not logged'
          WHEN EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass
                         AND d.objid = c.oid AND d.deptype = 'e') THEN 'it belongs to an extension'
          ELSE '' END AS obstacle
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = :schema AND c.relname = :name
      """;

  private static final String COLUMNS =
      """
      SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
             CASE WHEN a.attcollation <> t.typcollation AND a.attcollation <> 0
                  THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ELSE '' END AS collation,
             a.attnotnull, a.attidentity, a.attgenerated,
             coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') AS expression
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
      LEFT JOIN pg_catalog.pg_namespace cn ON cn.oid = co.collnamespace
      WHERE a.attrelid = :oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum
      """;

  /** Constraints {@code NOT NULL}, which are named from PostgreSQL 18 on, show at the columns. */
  private static final String PARTS =
      """
      SELECT false AS index, quote_ident(k.conname) AS name, pg_catalog.pg_get_constraintdef(k.oid) AS definition,
             strpos('puxcf', k.contype::text) AS place
      FROM pg_catalog.pg_constraint k
      WHERE k.conrelid = :oid AND k.contype IN ('p', 'u', 'x', 'c', 'f')
      UNION ALL
      SELECT true, quote_ident(n.nspname) || '.' || quote_ident(c.relname), pg_catalog.pg_get_indexdef(i.indexrelid), 6
      FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE i.indrelid = :oid AND i.indisvalid
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                        WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
      ORDER BY place, name
      """;

  TableShape {
    columns = List.copyOf(columns);
    parts = List.copyOf(parts);
  }

  /** Names in it have their schemas where the session's search path is empty. */
  static Optional<TableShape> read(Connection session, TableName table) throws SQLException {
    Optional<TableShape> bare =
        Query.first(
            session,
            TABLE
                .replace(":schema", SqlText.literal(table.schema()))
                .replace(":name", SqlText.literal(table.name())),
            row ->
                new TableShape(
                    row.getLong("oid"),
                    row.getLong("file"),
                    row.getString("obstacle"),
                    List.of(),
                    List.of()));
    if (bare.isEmpty()) {
      return bare;
    }
    TableShape found = bare.get();
    return Optional.of(
        new TableShape(
            found.oid,
            found.file,
            found.obstacle,
            columns(session, found.oid),
            parts(session, found.oid)));
  }

  private static List<Column> columns(Connection session, long oid) throws SQLException {
    return Query.list(
        session,
        COLUMNS.replace(":oid", Long.toString(oid)),
        row ->
            new Column(
                row.getString("attname"),
                row.getString("type"),
                row.getString("collation"),
                row.getBoolean("attnotnull"),
                row.getString("attidentity"),
                row.getString("attgenerated"),
                row.getString("expression")));
  }

  private static List<Part> parts(Connection session, long oid) throws SQLException {
    return Query.list(
        session,
        PARTS.replace(":oid", Long.toString(oid)),
        row ->
            new Part(row.getBoolean("index"), row.getString("name"), row.getString("definition")));
  }

  boolean isDefinedAs(TableShape other) {
    return columns.equals(other.columns) && parts.equals(other.parts);
  }

  /** Those whose values travel, quoted. */
  List<String> stored() {
    return columns.stream()
        .filter(column -> column.generated.isEmpty())
        .map(Column::quoted)
        .toList();
  }
}
