package dev.coppice.providers;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/** What is done once all rows and indexes are there: freezing, statistics, verification. */
final class Finishing {

  private static final String ANALYZE = "ANALYZE";
  private static final int BATCH = 25;

  /**
   * A page is marked all-visible only once the log of the commits on it is written, and an
   * asynchronous commit counts for the 31 transactions around it too (clog.c, "group LSN").
   */
  private static final String LOGGED = "SET synchronous_commit = on";

  /** Partitions are analyzed with the table at their root. */
  private static final String TABLES =
      """
      SELECT n.nspname, c.relname, c.relispartition AS partition,
             coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0) = 0 AS plain
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
        AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(toast|temp)'
      ORDER BY pg_table_size(c.oid) DESC
      """;

  private record Maintenance(String command, List<String> tables) {}

  private final LocalSessions engine;
  private final SourceFacts facts;
  private final Workers workers;
  private final int connections;

  Finishing(LocalSessions engine, SourceFacts facts, Workers workers, int connections) {
    this.engine = engine;
    this.facts = facts;
    this.workers = workers;
    this.connections = connections;
  }

  /** Gathers statistics, and freezes the rows of those tables that were not filled frozen. */
  void analyze(Collection<SourceTable> pulled, Fidelity fidelity) throws Exception {
    Set<String> unfrozen =
        pulled.stream()
            .filter(table -> !table.filledFrozen())
            .map(SourceTable::quoted)
            .collect(Collectors.toSet());
    List<Maintenance> work = new ArrayList<>();
    Map<String, List<String>> small = new TreeMap<>();
    Connection connection = engine.open(facts.database());
    try {
      // Flushes the log; a commit waits for that only if it has written something itself.
      Query.run(
          connection, LOGGED + "; SELECT pg_catalog.pg_logical_emit_message(true, 'coppice', '')");
      // An empty TOAST table would cost as much again.
      boolean sparesToast = connection.getMetaData().getDatabaseMajorVersion() >= 14;
      for (Maintenance one :
          Query.list(connection, TABLES, row -> maintenance(row, unfrozen, sparesToast))) {
        if (one.command.equals(ANALYZE)) {
          work.add(one);
        } else if (!one.command.isEmpty()) {
          small.computeIfAbsent(one.command, any -> new ArrayList<>()).addAll(one.tables);
        }
      }
    } finally {
      engine.close(connection);
    }
    small.forEach((command, tables) ->
        batches(tables).forEach(batch -> work.add(new Maintenance(command, batch))));
    onAll(work, "analyze", (session, item) -> maintain(session, item, fidelity));
  }

  private static Maintenance maintenance(ResultSet row, Set<String> unfrozen, boolean sparesToast)
      throws SQLException {
    String table = SqlText.identifier(row.getString("nspname"), row.getString("relname"));
    boolean partition = row.getBoolean("partition");
    String command = partition ? "" : ANALYZE;
    if (unfrozen.contains(table)) {
      String toast = sparesToast && row.getBoolean("plain") ? ", PROCESS_TOAST FALSE" : "";
      command = "VACUUM (FREEZE" + (partition ? "" : ", ANALYZE") + toast + ")";
    }
    return new Maintenance(command, List.of(table));
  }

  private static void maintain(Connection session, Maintenance work, Fidelity fidelity)
      throws SQLException {
    try {
      Query.run(session, LOGGED);
      Query.run(session, work.command + " " + String.join(", ", work.tables));
    } catch (SQLException e) {
      if (EngineFailure.isLocal(e)) {
        throw e;
      }
      if (work.tables.size() == 1) {
        fidelity.dropped("statistics", work.tables.getFirst(), String.valueOf(e.getMessage()));
        return;
      }
      for (String table : work.tables) {
        maintain(session, new Maintenance(work.command, List.of(table)), fidelity);
      }
    }
  }

  /**
   * Counts every table in the engine and compares with what the source's COPY said it sent under
   * the snapshot; its ranges of pages cover a table without gap or overlap. The source is not read
   * a second time.
   */
  void verify(Map<SourceTable, Long> rows) throws Exception {
    List<SourceTable> tables =
        rows.keySet().stream()
            .sorted(Comparator.comparingLong(SourceTable::bytesEstimate).reversed())
            .toList();
    List<List<SourceTable>> work = new ArrayList<>();
    tables.stream().filter(SourceTable::filledFrozen).forEach(table -> work.add(List.of(table)));
    work.addAll(batches(tables.stream().filter(table -> !table.filledFrozen()).toList()));
    onAll(work, "verify", (session, batch) -> count(session, batch, rows));
  }

  private static void count(
      Connection session, List<SourceTable> tables, Map<SourceTable, Long> rows)
      throws SQLException {
    List<String> counts =
        tables.stream().map(table -> "(SELECT count(*) FROM ONLY " + table.quoted() + ")").toList();
    List<Long> present =
        Query.first(
                session,
                "SELECT " + String.join(", ", counts),
                row -> {
                  List<Long> columns = new ArrayList<>();
                  for (int i = 1; i <= tables.size(); i++) {
                    columns.add(row.getLong(i));
                  }
                  return columns;
                })
            .orElseThrow();
    for (int i = 0; i < tables.size(); i++) {
      SourceTable table = tables.get(i);
      long sent = Objects.requireNonNull(rows.get(table));
      boolean whole = table.configuration() ? present.get(i) >= sent : present.get(i) == sent;
      if (!whole) {
        throw RowTally.mismatch(table, sent, present.get(i), "the base has");
      }
    }
  }

  private static <T> List<List<T>> batches(List<T> items) {
    List<List<T>> batches = new ArrayList<>();
    for (int from = 0; from < items.size(); from += BATCH) {
      batches.add(items.subList(from, Math.min(items.size(), from + BATCH)));
    }
    return batches;
  }

  @FunctionalInterface
  private interface Step<T> {
    void run(Connection session, T item) throws SQLException;
  }

  private <T> void onAll(List<T> items, String name, Step<T> step) throws Exception {
    Queue<T> queue = new ConcurrentLinkedQueue<>(items);
    List<Callable<?>> tasks = new ArrayList<>();
    for (int i = 0; i < Math.min(connections, items.size()); i++) {
      tasks.add(() -> drain(queue, step));
    }
    workers.run(name, tasks);
  }

  private <T> boolean drain(Queue<T> queue, Step<T> step) throws SQLException {
    Connection session = engine.open(facts.database());
    try {
      String target = facts.settings().get("default_statistics_target");
      if (target != null) {
        Query.run(session, "SET default_statistics_target = " + SqlText.literal(target));
      }
      for (T item = queue.poll(); item != null; item = queue.poll()) {
        step.run(session, item);
      }
    } finally {
      engine.close(session);
    }
    return true;
  }
}
