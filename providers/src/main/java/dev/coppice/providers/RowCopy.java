package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Copies the rows of all tables, as many at a time as there are connections. */
final class RowCopy {

  private final SourceSessions source;
  private final LocalSessions engine;
  private final SnapshotSession snapshot;
  private final RateLimit rate;
  private final SourceFacts facts;
  private final Workers workers;
  private final PullListener listener;

  RowCopy(
      SourceSessions source,
      LocalSessions engine,
      SnapshotSession snapshot,
      RateLimit rate,
      SourceFacts facts,
      Workers workers,
      PullListener listener) {
    this.source = source;
    this.engine = engine;
    this.snapshot = snapshot;
    this.rate = rate;
    this.facts = facts;
    this.workers = workers;
    this.listener = listener;
  }

  RowTally run(List<SourceTable> tables, int connections) throws Exception {
    RowTally tally = new RowTally();
    SegmentPool pool = new SegmentPool();
    ChunkSize size =
        ChunkSize.within(
            rate.bytesPerSecond(), connections, ChunkSize.timeoutMillis(snapshot.connection()));
    CopyBoard board = new CopyBoard(tables, facts.major(), size, connections);
    List<Callable<?>> tasks = new ArrayList<>();
    int writers = Math.min(connections, tables.size());
    for (int i = 0; i < connections && !tables.isEmpty(); i++) {
      tasks.add(() -> read(board, pool));
    }
    for (int i = 0; i < writers; i++) {
      tasks.add(() -> write(board, pool, tally));
    }
    workers.run("copy", tasks);
    return tally;
  }

  private boolean read(CopyBoard board, SegmentPool pool) throws Exception {
    Connection connection = source.open(facts.encoding());
    try {
      join(connection);
      new CopyReader(board, pool, rate, connection).run();
    } finally {
      source.close(connection);
    }
    return true;
  }

  /** If the snapshot is gone, its own session knows why. */
  private void join(Connection connection) throws SQLException {
    try {
      snapshot.join(connection);
    } catch (SQLException e) {
      Query.run(snapshot.connection(), "SELECT 1");
      throw e;
    }
  }

  private boolean write(CopyBoard board, SegmentPool pool, RowTally tally) throws Exception {
    Connection connection = engine.openForRows(facts.database());
    try {
      new CopyWriter(board, pool, connection, tally, listener).run();
    } finally {
      engine.close(connection);
    }
    return true;
  }
}
