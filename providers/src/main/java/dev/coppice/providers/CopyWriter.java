package dev.coppice.providers;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** Writes tables into the engine. */
final class CopyWriter {

  private static final long PROGRESS_NANOS = 300_000_000;

  private final CopyBoard board;
  private final SegmentPool pool;
  private final Connection engine;
  private final RowTally tally;
  private final PullListener listener;

  CopyWriter(
      CopyBoard board, SegmentPool pool, Connection engine, RowTally tally, PullListener listener) {
    this.board = board;
    this.pool = pool;
    this.engine = engine;
    this.tally = tally;
    this.listener = listener;
  }

  void run() throws SQLException, InterruptedException {
    Optional<CopyBoard.Load> load = board.takeTable();
    while (load.isPresent()) {
      write(load.get());
      load = board.takeTable();
    }
  }

  private void write(CopyBoard.Load load) throws SQLException, InterruptedException {
    SourceTable table = load.table();
    if (table.filledFrozen()) {
      Query.run(engine, "BEGIN; TRUNCATE TABLE ONLY " + table.quoted());
    }
    CopyIn copy = engine.unwrap(PGConnection.class).getCopyAPI().copyIn(table.copyIn());
    if (table.binary()) {
      copy.writeToCopy(BinaryRows.HEADER, 0, BinaryRows.HEADER.length);
    }
    long sent = transfer(load, copy);
    if (table.binary()) {
      copy.writeToCopy(BinaryRows.END, 0, BinaryRows.END.length);
    }
    long accepted = copy.endCopy();
    if (table.filledFrozen()) {
      Query.run(engine, "COMMIT");
    }
    if (sent != accepted) {
      throw RowTally.mismatch(table, sent, accepted, "the engine accepted");
    }
    board.tableWritten(load);
  }

  private long transfer(CopyBoard.Load load, CopyIn copy)
      throws SQLException, InterruptedException {
    String name = load.table().readable();
    long sent = 0;
    long rows = 0;
    long bytes = 0;
    long reported = System.nanoTime();
    for (int i = 0; i < load.chunks(); i++) {
      Chunk chunk = load.next();
      Chunk.Segment segment = chunk.take();
      while (!Chunk.isEnd(segment)) {
        copy.writeToCopy(segment.bytes(), 0, segment.length());
        pool.giveBack(segment.bytes());
        rows += segment.rows();
        bytes += segment.length();
        long now = System.nanoTime();
        if (now - reported > PROGRESS_NANOS) {
          reported = now;
          listener.on(new PullEvent.TableProgress(name, rows, bytes));
        }
        segment = chunk.take();
      }
      sent += chunk.rows();
      board.chunkWritten(load);
    }
    tally.add(load.table(), sent, bytes);
    listener.on(new PullEvent.TableFinished(name, sent, bytes));
    return sent;
  }
}
