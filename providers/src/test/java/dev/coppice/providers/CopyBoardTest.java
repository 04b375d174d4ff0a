package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class CopyBoardTest {

  private static final int MAJOR = 15;

  @Test
  void rangesCoverATableWithoutGapOrOverlap() {
    SourceTable table = table("t", 2500);
    int chunks = table.chunks(MAJOR, ChunkSize.USUAL);
    assertThat(chunks).isEqualTo(3);
    assertThat(table.copyOut(0, chunks, ChunkSize.USUAL))
        .contains("ctid >= '(0,0)' AND ctid < '(1024,0)'");
    assertThat(table.copyOut(1, chunks, ChunkSize.USUAL))
        .contains("ctid >= '(1024,0)' AND ctid < '(2048,0)'");
    assertThat(table.copyOut(2, chunks, ChunkSize.USUAL))
        .endsWith("WHERE ctid >= '(2048,0)') TO STDOUT (FORMAT text)");
  }

  @Test
  void smallAndOldTablesAreReadWhole() {
    assertThat(table("t", 2048).chunks(MAJOR, ChunkSize.USUAL)).isEqualTo(1);
    assertThat(table("t", 1_000_000).chunks(13, ChunkSize.USUAL)).isEqualTo(1);
    assertThat(table("t", 5).copyOut(0, 1, ChunkSize.USUAL))
        .isEqualTo("COPY \"public\".\"t\" (a) TO STDOUT (FORMAT text)");
  }

  @Test
  void aRateLimitLeavesAPieceAPartOfTheTimeout() {
    assertThat(ChunkSize.within(OptionalLong.empty(), 2, 1_000)).isEqualTo(ChunkSize.USUAL);
    assertThat(ChunkSize.within(OptionalLong.of(1_000), 2, 0)).isEqualTo(ChunkSize.USUAL);
    assertThat(ChunkSize.within(OptionalLong.of(8_192_000), 2, 10_000).bytes())
        .isEqualTo(4_096_000);
    assertThat(ChunkSize.within(OptionalLong.of(1), 8, 1).bytes()).isEqualTo(131_072);
    ChunkSize small = new ChunkSize(131_072);
    SourceTable table = table("t", 40);
    assertThat(table.chunks(MAJOR, small)).isEqualTo(3);
    assertThat(table.copyOut(1, 3, small)).contains("ctid >= '(16,0)' AND ctid < '(32,0)'");
  }

  @Test
  void whatIsStoredOutOfLineMakesPiecesOfFewerPages() {
    SourceTable table = table("t", 40, 40L * 1024 * 1024);
    assertThat(table.chunks(MAJOR, ChunkSize.USUAL)).isEqualTo(5);
    assertThat(table.copyOut(1, 5, ChunkSize.USUAL))
        .contains("ctid >= '(8,0)' AND ctid < '(16,0)'");
    SourceTable huge = table("t", 3, 3L << 30);
    assertThat(huge.chunks(MAJOR, ChunkSize.USUAL)).isEqualTo(3);
  }

  @Test
  void everyChunkArrivesOnceAndInOrder() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 30; round++) {
      List<SourceTable> tables = new ArrayList<>();
      int count = 1 + random.nextInt(8);
      for (int i = 0; i < count; i++) {
        tables.add(table("t" + i, random.nextInt(40_000)));
      }
      int threads = 1 + random.nextInt(4);

      Map<String, List<String>> written = copy(tables, threads);

      for (SourceTable table : tables) {
        List<String> expected = new ArrayList<>();
        for (int chunk = 0; chunk < table.chunks(MAJOR, ChunkSize.USUAL); chunk++) {
          expected.add(table.copyOut(chunk, table.chunks(MAJOR, ChunkSize.USUAL), ChunkSize.USUAL));
        }
        assertThat(written.get(table.name())).as("seed %s", seed).isEqualTo(expected);
      }
    }
  }

  /** Readers send each chunk's own statement as its only row. */
  private static Map<String, List<String>> copy(List<SourceTable> tables, int threads)
      throws Exception {
    CopyBoard board = new CopyBoard(tables, MAJOR, ChunkSize.USUAL, threads);
    Map<String, List<String>> written = Collections.synchronizedMap(new HashMap<>());
    List<Callable<?>> tasks = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      tasks.add(() -> read(board));
      tasks.add(() -> write(board, written));
    }
    try (PullScope scope = new PullScope()) {
      new Workers(scope).run("test", tasks);
    }
    return written;
  }

  private static boolean read(CopyBoard board) throws InterruptedException {
    Optional<Chunk> chunk = board.takeChunk();
    while (chunk.isPresent()) {
      byte[] row = chunk.get().sql().getBytes(StandardCharsets.UTF_8);
      chunk.get().put(new Chunk.Segment(row, row.length, 1));
      chunk.get().finish(1);
      chunk = board.takeChunk();
    }
    return true;
  }

  private static boolean write(CopyBoard board, Map<String, List<String>> written)
      throws InterruptedException {
    Optional<CopyBoard.Load> load = board.takeTable();
    while (load.isPresent()) {
      List<String> rows = new ArrayList<>();
      for (int i = 0; i < load.get().chunks(); i++) {
        Chunk chunk = load.get().next();
        Chunk.Segment segment = chunk.take();
        while (!Chunk.isEnd(segment)) {
          rows.add(new String(segment.bytes(), 0, segment.length(), StandardCharsets.UTF_8));
          segment = chunk.take();
        }
        board.chunkWritten(load.get());
      }
      written.put(load.get().table().name(), rows);
      board.tableWritten(load.get());
      load = board.takeTable();
    }
    return true;
  }

  private static SourceTable table(String name, long blocks) {
    return table(name, blocks, blocks * 8192);
  }

  private static SourceTable table(String name, long blocks, long bytes) {
    return new SourceTable("public", name, List.of("a"), "", false, true, false, blocks, 0, bytes);
  }
}
