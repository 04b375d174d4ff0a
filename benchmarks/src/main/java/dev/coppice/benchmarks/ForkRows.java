package dev.coppice.benchmarks;

import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.bench.BenchmarkResult.Row;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.PageStore;
import dev.coppice.storage.SnapshotId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** What a fork costs in a branch of very many files that is written to meanwhile. */
final class ForkRows {

  private static final int FILES = 100_000;

  /** Most files of a large Postgres cluster are small or empty. */
  private static final int EMPTY_BETWEEN = 10;

  private static final int FILES_IN_DIRECTORY = 1_000;
  private static final int WRITES_BETWEEN_FORKS = 8;
  private static final int WARM_UP = 50;
  private static final int RECORD_BYTES = 200;
  private static final long SEED = 7;

  private ForkRows() {}

  static Row measure(BenchmarkContext context, PageStore store) throws IOException {
    context.say("fork_100k_files_ms_p99: making " + FILES + " files");
    BranchId branch = store.create();
    List<Path> files = make(store.path(branch));
    context.say("  making them durable");
    SnapshotId base = store.freeze(branch, Set.of());
    store.sync(branch);
    context.say("  forking");
    int samples = context.quick() ? 500 : 2_000;
    double[] millis = new double[samples];
    List<BranchId> forks = new ArrayList<>();
    Random random = new Random(SEED);
    for (int i = -WARM_UP; i < samples; i++) {
      for (int write = 0; write < WRITES_BETWEEN_FORKS; write++) {
        write(files.get(random.nextInt(files.size())));
      }
      long start = System.nanoTime();
      forks.add(store.fork(branch, Set.of()));
      if (i >= 0) {
        millis[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    forks.forEach(store::delete);
    store.delete(branch);
    store.delete(base);
    double bare = Row.quantile("", 0.99, "ms", "", bareSyncs(context.directory(), samples)).value();
    String comparedWith = "%.1f ms: a short write and fdatasync on that disk".formatted(bare);
    Row row = Row.quantile("fork_100k_files_ms_p99", 0.99, "ms", comparedWith, millis);
    context.say(
        "  p50 %.2f ms, p99 %.2f ms, max %.2f ms"
            .formatted(Row.median("", "ms", "", millis).value(), row.value(), row.max()));
    return row;
  }

  /** Returns the files that hold something. */
  private static List<Path> make(Path root) throws IOException {
    List<Path> files = new ArrayList<>();
    byte[] content = new byte[100];
    Path directory = root;
    for (int i = 0; i < FILES; i++) {
      if (i % FILES_IN_DIRECTORY == 0) {
        directory = Files.createDirectory(root.resolve("d" + i));
      }
      Path file = directory.resolve("f" + i);
      if (i % EMPTY_BETWEEN == 0) {
        Files.write(file, content);
        files.add(file);
      } else {
        Files.createFile(file);
      }
    }
    return files;
  }

  /** What the disk takes, in milliseconds, for the one sync of a fork. */
  private static double[] bareSyncs(Path directory, int samples) throws IOException {
    Path file = directory.resolve("synced");
    ByteBuffer record = ByteBuffer.allocate(RECORD_BYTES);
    double[] millis = new double[samples];
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      var _ = channel.write(ByteBuffer.allocate(RECORD_BYTES * samples), 0);
      channel.force(true);
      for (int i = 0; i < samples; i++) {
        long start = System.nanoTime();
        var _ = channel.write(record.rewind(), (long) i * RECORD_BYTES);
        channel.force(false);
        millis[i] = (System.nanoTime() - start) / 1e6;
      }
    } finally {
      Files.delete(file);
    }
    return millis;
  }

  private static void write(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      var _ = channel.write(ByteBuffer.wrap(new byte[] {1}), 0);
    }
  }
}
