package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The kernel keeps what is written until a sync or a close: what that means to forks and kills. */
class WritebackIT {

  private static final int BLOCK_BYTES = 8192;

  @RegisterExtension private final StoreHome home = new StoreHome();

  private static FileChannel writing(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  private static byte[] random(long seed, int bytes) {
    byte[] content = new byte[bytes];
    new Random(seed).nextBytes(content);
    return content;
  }

  @Test
  void aForkHoldsWhatWasSyncedOrClosedBefore() throws IOException {
    byte[] content = random(31, 3_000_000);
    try (PageStore store = home.open()) {
      BranchId parent = store.create();
      Path root = store.path(parent);
      try (FileChannel synced = writing(root.resolve("synced"));
          FileChannel inherited = writing(root.resolve("inherited"))) {
        synced.write(ByteBuffer.wrap(content));
        synced.force(false);
        // Another program's descriptor of the same file: closing any of them writes back.
        inherited.write(ByteBuffer.wrap(content));
        writing(root.resolve("inherited")).close();
        Files.write(root.resolve("closed"), content);
        Path child = store.path(store.fork(parent, Set.of()));
        for (String name : List.of("synced", "inherited", "closed")) {
          assertThat(child.resolve(name)).as(name).hasBinaryContent(content);
        }
        synced.write(ByteBuffer.wrap(new byte[] {1}), 0);
        synced.force(false);
        assertThat(child.resolve("synced")).hasBinaryContent(content);
      }
    }
  }

  @Test
  void whatWasSyncedOrClosedOutlivesAKilledServer() throws Exception {
    byte[] content = random(32, 2_000_000);
    String branch;
    try (StoreProcess server = StoreProcess.start(home.config())) {
      branch = server.ask("create");
      Path root = home.resolve("mnt").resolve(branch);
      FileChannel synced = writing(root.resolve("synced"));
      synced.write(ByteBuffer.wrap(content));
      synced.force(false);
      Files.write(root.resolve("closed"), content);
      synced.write(ByteBuffer.wrap(content));
      server.kill();
      assertThatExceptionOfType(IOException.class).isThrownBy(synced::close);
    }
    try (PageStore store = home.open()) {
      Path root = store.path(BranchId.parse(branch));
      assertThat(Files.readAllBytes(root.resolve("synced"))).startsWith(content);
      assertThat(root.resolve("closed")).hasBinaryContent(content);
      assertThat(store.check().problems()).isEmpty();
    }
  }

  /**
   * Each thread owns every n-th block, so that requests for one file mix owners and come at once.
   */
  @Test
  void manyWritersOfOneFileLoseNothingAcrossForks() throws Exception {
    int writers = 4;
    int blocks = 2_000;
    byte[][] expected = new byte[blocks][];
    BranchId parent;
    try (PageStore store = home.open();
        ExecutorService threads = Executors.newFixedThreadPool(writers)) {
      parent = store.create();
      Path path = store.path(parent).resolve("file");
      Files.write(path, new byte[blocks * BLOCK_BYTES]);
      List<Future<?>> running = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        int first = writer;
        running.add(threads.submit(() -> writeEvery(path, first, writers, expected)));
      }
      for (int i = 0; i < 20; i++) {
        store.delete(store.fork(parent, Set.of()));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    try (PageStore store = home.open()) {
      byte[] found = Files.readAllBytes(store.path(parent).resolve("file"));
      for (int block = 0; block < blocks; block++) {
        byte[] content = new byte[BLOCK_BYTES];
        System.arraycopy(found, block * BLOCK_BYTES, content, 0, BLOCK_BYTES);
        assertThat(content).as("block %d", block).isEqualTo(expected[block]);
      }
      assertThat(store.check().problems()).isEmpty();
    }
  }

  private static Object writeEvery(Path path, int first, int step, byte[][] expected)
      throws IOException {
    Random random = new Random(first);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      for (int i = 0; i < expected.length * 2 / step; i++) {
        int block = first + step * random.nextInt(expected.length / step);
        byte[] content = new byte[BLOCK_BYTES];
        random.nextBytes(content);
        channel.write(ByteBuffer.wrap(content), (long) block * BLOCK_BYTES);
        expected[block] = content;
        if (i % 100 == 0) {
          channel.force(false);
        }
      }
    }
    for (int block = first; block < expected.length; block += step) {
      if (expected[block] == null) {
        expected[block] = new byte[BLOCK_BYTES];
      }
    }
    return path;
  }

  @Test
  void keepsTheTimesThatWritersAndPeopleGiveToFiles() throws IOException {
    try (PageStore store = home.open()) {
      BranchId parent = store.create();
      Path file = store.path(parent).resolve("file");
      Files.writeString(file, "text");
      FileTime written = Files.getLastModifiedTime(file);
      assertThat(written.toInstant())
          .isBetween(Instant.now().minusSeconds(3600), Instant.now().plusSeconds(1));
      Path child = store.path(store.fork(parent, Set.of())).resolve("file");
      assertThat(Files.getLastModifiedTime(child)).isEqualTo(written);
      FileTime old = FileTime.from(Instant.parse("2020-02-02T02:02:02Z"));
      Files.setLastModifiedTime(file, old);
      BranchId other = store.fork(parent, Set.of());
      assertThat(Files.getLastModifiedTime(store.path(other).resolve("file"))).isEqualTo(old);
      assertThat(Files.getLastModifiedTime(file)).isEqualTo(old);
    }
  }
}
