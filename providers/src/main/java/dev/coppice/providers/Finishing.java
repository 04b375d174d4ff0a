package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What is done in the engine once all rows and indexes are there: statistics and verification. */
final class Finishing {

  /** Partitions are analyzed with the table at their root. */
  private static final String ANALYZED =
      """
      SELECT n.nspname, c.relname
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
        AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(toast|temp)'
      ORDER BY pg_table_size(c.oid) DESC
      """;

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

  void analyze(Fidelity fidelity) throws Exception {
    List<String> tables;
    Connection connection = engine.open(facts.database());
    try {
      tables =
          Query.list(
              connection, ANALYZED, row -> SqlText.identifier(row.getString(1), row.getString(2)));
    } finally {
      engine.close(connection);
    }
    onAll(
        tables,
        "analyze",
        (session, table) -> {
          try {
            Query.run(session, "ANALYZE " + table);
          } catch (SQLException e) {
            if (EngineFailure.isLocal(e)) {
              throw e;
            }
            fidelity.dropped("statistics", table, String.valueOf(e.getMessage()));
          }
        });
  }

  /**
   * Counts every table in the engine and compares with what the source's COPY said it sent under
   * the snapshot; its ranges of pages cover a table without gap or overlap. The source is not read
   * a second time.
   */
  void verify(Map<SourceTable, Long> rows) throws Exception {
    onAll(
        List.copyOf(rows.entrySet()),
        "verify",
        (session, entry) -> {
          SourceTable table = entry.getKey();
          String sql = "SELECT count(*) FROM ONLY " + table.quoted();
          long sent = entry.getValue();
          long present = Long.parseLong(Query.text(session, sql));
          boolean whole = table.configuration() ? present >= sent : present == sent;
          if (!whole) {
            throw RowTally.mismatch(table, sent, present, "the base has");
          }
        });
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
