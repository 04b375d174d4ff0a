package dev.coppice.providers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads which settings of a server's configuration change plans or results. It asks through {@code
 * psql}, since a JDBC driver sets some of them itself at login and so hides the server's own.
 */
final class SettingsReader {

  /** Limits and time-outs are not among them: those are each machine's own. */
  private static final String CARRIED =
      """
      array_nulls backslash_quote bytea_output constraint_exclusion cpu_index_tuple_cost
      cpu_operator_cost cpu_tuple_cost cursor_tuple_fraction datestyle default_statistics_target
      default_text_search_config default_toast_compression default_transaction_isolation
      effective_cache_size effective_io_concurrency escape_string_warning extra_float_digits
      from_collapse_limit geqo geqo_threshold hash_mem_multiplier intervalstyle jit jit_above_cost
      jit_inline_above_cost jit_optimize_above_cost join_collapse_limit lc_monetary lc_numeric
      lc_time max_parallel_workers_per_gather min_parallel_index_scan_size
      min_parallel_table_scan_size parallel_leader_participation parallel_setup_cost
      parallel_tuple_cost plan_cache_mode quote_all_identifiers random_page_cost
      recursive_worktable_factor row_security search_path seq_page_cost
      standard_conforming_strings synchronize_seqscans timezone timezone_abbreviations
      transform_null_equals work_mem xmlbinary xmloption
      """;

  /** What role, database or session set is kept by the dump; units are those SET accepts. */
  private static final String SQL =
      """
      SELECT name || '=' || CASE WHEN unit = '8kB' AND reset_val ~ '^[0-9]+$'
                                 THEN (reset_val::bigint * 8)::text || 'kB'
                                 WHEN reset_val ~ '^[0-9]+$' THEN reset_val || coalesce(unit, '')
                                 ELSE reset_val END
      FROM pg_settings
      WHERE source IN ('configuration file', 'command line', 'environment variable', 'global')
        AND reset_val IS DISTINCT FROM boot_val
        AND (lower(name) = ANY (ARRAY[:names]) OR name LIKE 'enable\\_%')
      ORDER BY name
      """;

  private SettingsReader() {}

  /** Empty where {@code psql} is not there; the check then fails for want of client programs. */
  static Map<String, String> read(ConnectionUrl url, int major, PullScope scope)
      throws IOException, InterruptedException {
    ClientTools tools;
    try {
      tools = ClientTools.find(major);
    } catch (SourceException e) {
      return Map.of();
    }
    List<String> names = List.of(CARRIED.strip().split("\\s+"));
    String sql =
        SQL.replace(":names", String.join(", ", names.stream().map(SqlText::literal).toList()));
    Path directory = Files.createTempDirectory("coppice-check");
    try {
      ToolProcess.Outcome outcome =
          new ToolProcess(scope, directory)
              .run(
                  List.of(
                      tools.psql().toString(),
                      "--no-psqlrc",
                      "--no-password",
                      "--tuples-only",
                      "--no-align",
                      "--quiet",
                      "--command=" + sql),
                  url.environment());
      return outcome.exitCode() == 0 ? parse(outcome.output()) : Map.of();
    } finally {
      Files.deleteIfExists(directory);
    }
  }

  static Map<String, String> parse(String output) {
    Map<String, String> settings = new LinkedHashMap<>();
    for (String line : output.split("\n", -1)) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        settings.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return settings;
  }
}
