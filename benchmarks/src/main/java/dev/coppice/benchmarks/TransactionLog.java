package dev.coppice.benchmarks;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The latencies that pgbench logs of every transaction, a file for each of its threads. */
final class TransactionLog {

  /** client_id transaction_no time script_no time_epoch time_us (pgbench's manual). */
  private static final int LATENCY_FIELD = 2;

  private final Path directory;

  TransactionLog(Path directory) {
    this.directory = directory;
  }

  /** What makes pgbench write it. */
  List<String> options() {
    return List.of("-l", "--log-prefix=" + directory.resolve("transactions"));
  }

  /** Ascending microseconds of all transactions since the last call. */
  long[] take() throws IOException {
    LongStream latencies = LongStream.empty();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "transactions.*")) {
      for (Path file : files) {
        latencies = LongStream.concat(latencies, Arrays.stream(read(file)));
        Files.delete(file);
      }
    }
    long[] sorted = latencies.toArray();
    if (sorted.length == 0) {
      throw new IOException("pgbench logged no transaction");
    }
    Arrays.sort(sorted);
    return sorted;
  }

  private static long[] read(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(file)) {
      return lines.mapToLong(line -> Long.parseLong(line.split(" ", -1)[LATENCY_FIELD])).toArray();
    }
  }
}
