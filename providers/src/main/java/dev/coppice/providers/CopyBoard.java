package dev.coppice.providers;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Hands tables to writers and chunks of those tables to readers. A table's chunks are read side by
 * side and written in their order, so its rows keep the source's physical order, on which the
 * planner's correlation statistics depend.
 */
final class CopyBoard {

  /** A table that has a writer. */
  static final class Load {
    private final SourceTable table;
    private final int chunks;
    private final BlockingQueue<Chunk> inOrder = new LinkedBlockingQueue<>();

    /** Guarded by the board, as is {@code inFlight}. */
    private int assigned;

    private int inFlight;

    Load(SourceTable table, int chunks) {
      this.table = table;
      this.chunks = chunks;
    }

    SourceTable table() {
      return table;
    }

    int chunks() {
      return chunks;
    }

    /** The next chunk to write; waits until a reader has begun it. */
    Chunk next() throws InterruptedException {
      return inOrder.take();
    }
  }

  private final Deque<SourceTable> pending;
  private final List<Load> active = new ArrayList<>();
  private final int sourceMajor;
  private final ChunkSize size;
  private final int chunksAhead;

  /**
   * @param readers how many threads call {@link #takeChunk}
   */
  CopyBoard(List<SourceTable> tables, int sourceMajor, ChunkSize size, int readers) {
    this.pending = new ArrayDeque<>(tables);
    this.sourceMajor = sourceMajor;
    this.size = size;
    this.chunksAhead = readers + 1;
  }

  /** For a writer: the largest table that nobody writes yet. */
  synchronized Optional<Load> takeTable() {
    SourceTable table = pending.poll();
    notifyAll();
    if (table == null) {
      return Optional.empty();
    }
    Load load = new Load(table, table.chunks(sourceMajor, size));
    active.add(load);
    return Optional.of(load);
  }

  /** For a reader: the next chunk of the table that has the fewest under way; empty at the end. */
  synchronized Optional<Chunk> takeChunk() throws InterruptedException {
    while (true) {
      Load next = null;
      boolean more = !pending.isEmpty();
      for (Load load : active) {
        if (load.assigned < load.chunks) {
          more = true;
          if (load.inFlight < chunksAhead && (next == null || load.inFlight < next.inFlight)) {
            next = load;
          }
        }
      }
      if (next != null) {
        Chunk chunk =
            new Chunk(next.table.copyOut(next.assigned, next.chunks, size), next.table.binary());
        next.assigned++;
        next.inFlight++;
        next.inOrder.add(chunk);
        return Optional.of(chunk);
      }
      if (!more) {
        return Optional.empty();
      }
      wait();
    }
  }

  synchronized void chunkWritten(Load load) {
    load.inFlight--;
    notifyAll();
  }

  synchronized void tableWritten(Load load) {
    active.remove(load);
    notifyAll();
  }
}
