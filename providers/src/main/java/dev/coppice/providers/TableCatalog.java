package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** Finds the tables whose rows a pull copies, the largest first. */
final class TableCatalog {

  /** Rows that would act on the outside world or are readable only where they came from. */
  private static final Set<String> WITHHELD = Set.of("cron.job", "vault.secrets");

  /**
   * Types whose binary form is the same in all majors from 13 on (their {@code send} and {@code
   * recv} functions), and cheaper to write and read than text, or as cheap.
   */
  private static final String BINARY_TYPES =
      """
      bool bytea char name int2 int4 int8 oid float4 float8 numeric text varchar bpchar json jsonb
      date time timetz timestamp timestamptz interval uuid inet cidr macaddr
      """;

  private static final String TABLES =
      """
      SELECT n.nspname, c.relname, c.reltuples::bigint AS tuples,
             coalesce(pg_relation_size(c.oid), 0) / current_setting('block_size')::bigint AS blocks,
             coalesce(pg_table_size(c.oid), 0) AS bytes,
             coalesce(m.amname, 'heap') = 'heap' AS heap,
             configuration.condition,
             NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                         LEFT JOIN pg_type e ON e.typarray = t.oid
                         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                           AND t.typtype <> 'e'
                           AND (t.typnamespace <> 'pg_catalog'::regnamespace
                                OR coalesce(e.typname, t.typname) <> ALL (:binary))) AS binary,
             ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                     AND a.attgenerated = ''
                   ORDER BY a.attnum) AS columns
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_am m ON m.oid = c.relam
      LEFT JOIN (SELECT unnest(extconfig) AS relation, unnest(extcondition) AS condition
                 FROM pg_extension) configuration
             ON configuration.relation = c.oid
      WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND :present
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND :extent
        AND (configuration.relation IS NOT NULL
             OR NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                              AND d.deptype = 'e'))
      ORDER BY bytes DESC, n.nspname, c.relname
      """;

  private static final String ABSENT =
      """
      SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND NOT %s ORDER BY 1, 2
      """
          .formatted(ReplicaProbe.ON_THIS_SERVER);

  private TableCatalog() {}

  static List<SourceTable> read(Connection connection, PullExtent extent, Fidelity fidelity)
      throws SQLException {
    for (String table :
        Query.list(
            connection, ABSENT, row -> SqlText.readable(row.getString(1), row.getString(2)))) {
      fidelity.dropped(
          "table data", table, "it is unlogged, and a standby has no rows of such tables");
    }
    List<SourceTable> tables =
        Query.list(
            connection,
            TABLES
                .replace(":extent", extent.condition())
                .replace(":present", ReplicaProbe.ON_THIS_SERVER)
                .replace(":binary", SqlText.names(List.of(BINARY_TYPES.split("\\s+")))),
            row -> {
              String condition = row.getString("condition");
              return new SourceTable(
                  row.getString("nspname"),
                  row.getString("relname"),
                  Query.texts(row, "columns"),
                  condition == null ? "" : condition,
                  condition != null,
                  row.getBoolean("heap"),
                  row.getBoolean("binary"),
                  row.getLong("blocks"),
                  Math.max(0, row.getLong("tuples")),
                  row.getLong("bytes"));
            });
    return tables.stream().filter(table -> kept(table, fidelity)).toList();
  }

  private static boolean kept(SourceTable table, Fidelity fidelity) {
    if (table.configuration() && WITHHELD.contains(table.schema() + "." + table.name())) {
      fidelity.dropped(
          "table data",
          table.readable(),
          "its rows would run jobs or hold secrets that only the source can read");
      return false;
    }
    return true;
  }
}
