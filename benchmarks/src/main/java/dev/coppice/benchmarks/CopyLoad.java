package dev.coppice.benchmarks;

import dev.coppice.benchmarks.Contest.Turn;
import dev.coppice.server.bench.BenchmarkContext;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * COPY by psql. Out: rows that a function makes. In: rows that the engine reads and drops, so that
 * no disk has a part in it.
 */
final class CopyLoad implements AutoCloseable {

  private static final long QUICK_BYTES = 128L << 20;
  private static final long BYTES = 1L << 30;
  private static final String FILLER = "x".repeat(90);

  private final Path psql;
  private final Path rows;
  private final long count;

  private CopyLoad(Path psql, Path rows, long count) {
    this.psql = psql;
    this.rows = rows;
    this.count = count;
  }

  static CopyLoad prepare(BenchmarkContext context, Pgbench pgbench) throws IOException {
    Path rows = context.directory().resolve("rows");
    long count = (context.quick() ? QUICK_BYTES : BYTES) / (FILLER.length() + 10);
    try (BufferedWriter out = Files.newBufferedWriter(rows, StandardCharsets.US_ASCII)) {
      for (long i = 0; i < count; i++) {
        out.write(Long.toString(10_000_000 + i));
        out.write('\t');
        out.write(FILLER);
        out.write('\n');
      }
    }
    return new CopyLoad(pgbench.program().resolveSibling("psql"), rows, count);
  }

  Turn out(String connection) throws IOException, InterruptedException {
    return timed(
        new ProcessBuilder(
                command(
                    connection,
                    "copy (select 10000000 + i, '%s' from generate_series(1, %d) i) to stdout"
                        .formatted(FILLER, count)))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD));
  }

  Turn in(String connection) throws IOException, InterruptedException {
    return timed(
        new ProcessBuilder(
                command(
                    connection,
                    "create temporary table copied (id bigint, filler text)",
                    "copy copied from stdin where false"))
            .redirectInput(rows.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD));
  }

  private List<String> command(String connection, String... statements) {
    List<String> command =
        new ArrayList<>(List.of(psql.toString(), connection, "-X", "-q", "-v", "ON_ERROR_STOP=1"));
    for (String statement : statements) {
      command.add("-c");
      command.add(statement);
    }
    return command;
  }

  private Turn timed(ProcessBuilder program) throws IOException, InterruptedException {
    long start = System.nanoTime();
    Process process = program.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      int exit = process.waitFor();
      if (exit != 0) {
        throw new IOException("psql ended with " + exit);
      }
    } finally {
      process.destroy();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double micros = seconds * 1e6;
    return new Turn(count / seconds, micros, micros, micros, count);
  }

  @Override
  public void close() throws IOException {
    Files.delete(rows);
  }
}
