package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads a source's {@link SourceFacts}. */
final class FactsReader {

  /** Settings that change plans or results; limits and time-outs are each machine's own. */
  private static final List<String> CARRIED =
      List.of(
          "array_nulls",
          "backslash_quote",
          "bytea_output",
          "constraint_exclusion",
          "cpu_index_tuple_cost",
          "cpu_operator_cost",
          "cpu_tuple_cost",
          "cursor_tuple_fraction",
          "datestyle",
          "default_statistics_target",
          "default_text_search_config",
          "default_toast_compression",
          "default_transaction_isolation",
          "effective_cache_size",
          "effective_io_concurrency",
          "escape_string_warning",
          "extra_float_digits",
          "from_collapse_limit",
          "hash_mem_multiplier",
          "intervalstyle",
          "jit",
          "jit_above_cost",
          "jit_inline_above_cost",
          "jit_optimize_above_cost",
          "join_collapse_limit",
          "lc_monetary",
          "lc_numeric",
          "lc_time",
          "max_parallel_workers_per_gather",
          "min_parallel_index_scan_size",
          "min_parallel_table_scan_size",
          "parallel_leader_participation",
          "parallel_setup_cost",
          "parallel_tuple_cost",
          "plan_cache_mode",
          "quote_all_identifiers",
          "random_page_cost",
          "recursive_worktable_factor",
          "row_security",
          "search_path",
          "seq_page_cost",
          "standard_conforming_strings",
          "synchronize_seqscans",
          "timezone",
          "timezone_abbreviations",
          "transform_null_equals",
          "work_mem",
          "xmlbinary",
          "xmloption");

  private FactsReader() {}

  /**
   * @param connection may have settings of its own: the server's are read from where they came from
   */
  static SourceFacts read(Connection connection, ConnectionUrl url) throws SQLException {
    int number = Integer.parseInt(Query.text(connection, "SHOW server_version_num"));
    int major = number / 10_000;
    String locale = major >= 17 ? "d.datlocale" : major >= 15 ? "d.daticulocale" : "NULL::text";
    String provider = major >= 15 ? "d.datlocprovider::text" : "'c'";
    Map<String, String> settings = settings(connection);
    String product = ProviderDetection.detect(connection, url);
    return Query.first(
            connection,
            """
            SELECT current_setting('server_version') AS version, current_database() AS database,
                   pg_get_userbyid(d.datdba) AS owner,
                   (SELECT rolsuper FROM pg_roles r WHERE r.oid = d.datdba) AS ownersuper,
                   pg_encoding_to_char(d.encoding) AS encoding, d.datcollate, d.datctype,
                   %s AS provider, %s AS locale, pg_database_size(d.oid) AS bytes
            FROM pg_database d WHERE d.datname = current_database()
            """
                .formatted(provider, locale),
            row ->
                new SourceFacts(
                    major,
                    row.getString("version"),
                    product,
                    row.getString("database"),
                    row.getString("owner"),
                    row.getBoolean("ownersuper"),
                    row.getString("encoding"),
                    row.getString("datcollate"),
                    row.getString("datctype"),
                    localeProvider(row.getString("provider")),
                    row.getString("locale"),
                    settings,
                    row.getLong("bytes")))
        .orElseThrow(() -> new SQLException("the source does not list its own database"));
  }

  private static String localeProvider(String code) {
    return switch (code) {
      case "c" -> "libc";
      case "i" -> "icu";
      case "b" -> "builtin";
      default -> throw new IllegalStateException("unknown locale provider " + code);
    };
  }

  /**
   * What the server's configuration sets, not what this role, database or session does: the dump
   * keeps those as properties of role and database.
   */
  private static Map<String, String> settings(Connection connection) throws SQLException {
    String names = String.join(", ", CARRIED.stream().map(SqlText::literal).toList());
    Map<String, String> settings = new LinkedHashMap<>();
    List<String[]> rows =
        Query.list(
            connection,
            "SELECT name, reset_val, unit, source FROM pg_settings WHERE lower(name) = ANY"
                + " (ARRAY["
                + names
                + "]) OR name LIKE 'enable\\_%' ORDER BY name",
            row ->
                new String[] {
                  row.getString("name"),
                  row.getString("reset_val"),
                  Optional.ofNullable(row.getString("unit")).orElse(""),
                });
    Map<String, String> defaults = new LinkedHashMap<>();
    Query.list(
            connection,
            "SELECT name, boot_val FROM pg_settings",
            row -> new String[] {row.getString(1), String.valueOf(row.getString(2))})
        .forEach(row -> defaults.put(row[0], row[1]));
    for (String[] row : rows) {
      if (!row[1].equals(defaults.get(row[0]))) {
        settings.put(row[0], withUnit(row[1], row[2]));
      }
    }
    return settings;
  }

  /** {@code pg_settings} counts in units such as kB, or 8kB, which SET does not accept. */
  private static String withUnit(String value, String unit) {
    if (unit.equals("8kB") && value.matches("[0-9]+")) {
      return Long.parseLong(value) * 8 + "kB";
    }
    return value.matches("[0-9]+") ? value + unit : value;
  }
}
