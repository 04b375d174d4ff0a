package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A real disk that is full: the store's is a small one of its own here. */
class FullDiskIT {

  private static final int DISK_MIB = 320;
  private static final int LEFT_MIB = 24;
  private static final int TRANSACTIONS = 50;

  @RegisterExtension private final StoreHome home = StoreHome.forEngines();
  private Path disk = Path.of("");
  private boolean mounted;

  @BeforeEach
  void setUp() throws Exception {
    disk = Files.createDirectory(home.resolve("disk"));
    mounted = run("mount", "-t", "tmpfs", "-o", "size=" + DISK_MIB + "m", "none", disk.toString());
    assumeTrue(mounted, "tmpfs cannot be mounted");
  }

  @AfterEach
  void tearDown() throws Exception {
    if (mounted) {
      assertThat(run("umount", "-l", disk.toString())).isTrue();
    }
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
  }

  private StoreConfig config() throws IOException {
    StoreConfig usual = home.config();
    return new StoreConfig(
        disk.resolve("store"), usual.mountPoint(), usual.ownerUid(), usual.ownerGid());
  }

  @Test
  void anEngineLosesNoCommitAndGoesOnOnceThereIsRoom() throws Exception {
    Path bench = Files.createDirectory(home.resolve("bench"));
    try (PageStore store = PageStore.open(config())) {
      BranchId branch = store.create();
      try (Engine engine = home.engine(store.path(branch))) {
        engine.initialise();
        engine.start().bench("-i", "-q", "-s", "1");
        Process load = engine.startBench(bench, "-n", "-c", "2", "-T", "600", "-l");
        try {
          Deadline.await("some transactions", () -> committed(bench) > TRANSACTIONS);
          Path ballast = fillUp();
          assertThatExceptionOfType(IOException.class)
              .isThrownBy(() ->
                  engine.sql(
                      "create table filler as select i, repeat('x', 1000) from"
                          + " generate_series(1, 100000) i"));
          // Those of its clients that are still there would go on once there is room.
          load.destroy();
          assertThat(load.waitFor(60, TimeUnit.SECONDS)).isTrue();
          engine.kill();
          Files.delete(ballast);
        } finally {
          load.destroyForcibly();
        }
        verify(engine.start(), committed(bench));
        engine.bench("-n", "-c", "2", "-t", "100");
        assertThat(engine.balances()).isEqualTo("t");
        engine.stop();
        engine.verifyChecksums();
      }
      assertThat(store.check().problems()).isEmpty();
    }
    try (PageStore store = PageStore.open(config())) {
      BranchId branch = store.branches().iterator().next();
      try (Engine engine = home.engine(store.path(branch))) {
        verify(engine.start(), committed(bench));
        engine.stop();
      }
      assertThat(store.check().problems()).isEmpty();
    }
  }

  private static void verify(Engine engine, int committed) throws IOException {
    assertThat(engine.balances()).isEqualTo("t");
    assertThat(Integer.parseInt(engine.sql("select count(*) from pgbench_history")))
        .isGreaterThanOrEqualTo(committed);
    engine.checkTables();
  }

  /** Leaves some room on the disk, and returns what takes the rest of it. */
  private Path fillUp() throws IOException {
    Path ballast = disk.resolve("ballast");
    int fd = SystemCalls.open(ballast, SystemCalls.O_RDWR | SystemCalls.O_CREAT, 0600);
    long bytes = Files.getFileStore(disk).getUsableSpace() - ((long) LEFT_MIB << 20);
    assertThat(SystemCalls.fallocate(fd, 0, 0, bytes)).isZero();
    assertThat(SystemCalls.close(fd)).isZero();
    return ballast;
  }

  private static int committed(Path logs) throws IOException {
    int lines = 0;
    try (Stream<Path> files = Files.list(logs)) {
      for (Path file : files.toList()) {
        lines += (int) Files.readString(file).chars().filter(c -> c == '\n').count();
      }
    }
    return lines;
  }
}
