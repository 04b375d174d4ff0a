package dev.coppice.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stock Postgres on the mount. */
class PostgresIT {

  private static final Set<String> WITHOUT = Set.of("postmaster.pid", "postmaster.opts");

  private Path home = Path.of("");
  private Path binaries = Path.of("");

  @BeforeEach
  void setUp() throws IOException {
    binaries = Machine.assumePostgres();
    home = Machine.temporaryDirectory();
  }

  @AfterEach
  void tearDown() throws IOException {
    if (!home.toString().isEmpty()) {
      Machine.deleteTree(home);
    }
  }

  private Engine engine(Path data) throws IOException {
    return new Engine(binaries, data, home);
  }

  @Test
  void childrenOfABusyBranchRecoverToACorrectState() throws Exception {
    try (PageStore store = PageStore.open(Machine.config(home))) {
      BranchId parent = store.create();
      try (Engine engine = engine(store.path(parent))) {
        engine.initialise();
        engine.start().bench("-i", "-q", "-s", "2");
        Process load = engine.startBench(home, "-n", "-c", "3", "-T", "60");
        BranchId at = parent;
        for (int depth = 0; depth < 4; depth++) {
          at = store.fork(at, WITHOUT);
          verifyChild(store, at);
        }
        for (int i = 0; i < 3; i++) {
          BranchId child = store.fork(parent, WITHOUT);
          verifyChild(store, child);
          store.delete(child);
        }
        load.destroy();
        assertThat(load.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(engine.balances()).isEqualTo("t");
        engine.stop();
      }
      assertThat(store.check().problems()).isEmpty();
    }
  }

  private void verifyChild(PageStore store, BranchId child) throws IOException {
    try (Engine engine = engine(store.path(child))) {
      engine.start();
      assertThat(engine.balances()).isEqualTo("t");
      engine.checkIndexes();
      engine.bench("-n", "-t", "20");
      assertThat(engine.balances()).isEqualTo("t");
      engine.stop();
    }
  }

  @Test
  void nothingCommittedIsLostWhenTheServerIsKilled() throws Exception {
    String branch = null;
    int seen = 0;
    for (int round = 0; round < 3; round++) {
      Process server = startShell();
      try (BufferedReader out =
          new BufferedReader(new InputStreamReader(server.getInputStream(), UTF_8))) {
        awaitReady(out);
        if (branch == null) {
          branch = ask(server, out, "create");
          try (Engine engine = engine(mounted(branch))) {
            engine.initialise();
            engine.start().bench("-i", "-q", "-s", "2");
            engine.stop();
          }
        }
        String child = ask(server, out, "fork " + branch);
        seen = killUnderLoad(server, branch, seen);
        assertThat(child).isNotEmpty();
      } finally {
        server.destroyForcibly().waitFor();
      }
    }
    try (PageStore store = PageStore.open(Machine.config(home))) {
      assertThat(store.branches()).hasSize(4);
      BranchId id = BranchId.parse(branch == null ? "" : branch);
      try (Engine engine = engine(store.path(id))) {
        engine.start();
        assertThat(engine.balances()).isEqualTo("t");
        assertThat(Integer.parseInt(engine.sql("select count(*) from pgbench_history")))
            .isGreaterThanOrEqualTo(seen);
        engine.checkIndexes();
        engine.stop();
      }
      assertThat(store.check().problems()).isEmpty();
    }
  }

  /** Returns how many transactions pgbench has been told are committed, in all rounds so far. */
  private int killUnderLoad(Process server, String branch, int before) throws Exception {
    try (Engine engine = engine(mounted(branch))) {
      engine.start();
      assertThat(engine.balances()).isEqualTo("t");
      assertThat(Integer.parseInt(engine.sql("select count(*) from pgbench_history")))
          .isGreaterThanOrEqualTo(before);
      Path logs = Files.createTempDirectory(home, "bench");
      Process load = engine.startBench(logs, "-n", "-c", "3", "-T", "60", "-l");
      Deadline.await("some transactions", () -> committed(logs) > 300);
      server.destroyForcibly().waitFor();
      assertThat(load.waitFor(60, TimeUnit.SECONDS)).isTrue();
      engine.kill();
      return before + committed(logs);
    }
  }

  private static int committed(Path logs) throws IOException {
    int lines = 0;
    try (Stream<Path> files = Files.list(logs)) {
      for (Path file : files.toList()) {
        String text = Files.readString(file);
        lines += (int) text.chars().filter(c -> c == '\n').count();
      }
    }
    return lines;
  }

  private Path mounted(String branch) {
    return home.resolve("mnt").resolve(branch);
  }

  private Process startShell() throws IOException {
    StoreConfig config = Machine.config(home);
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                StoreShell.class.getName(),
                config.directory().toString(),
                config.mountPoint().toString(),
                Integer.toString(config.ownerUid()),
                Integer.toString(config.ownerGid())))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private static void awaitReady(BufferedReader out) throws IOException {
    String line = out.readLine();
    while (line != null && !line.equals("ready")) {
      line = out.readLine();
    }
    assertThat(line).isEqualTo("ready");
  }

  private static String ask(Process server, BufferedReader out, String command) throws IOException {
    server.getOutputStream().write((command + "\n").getBytes(UTF_8));
    server.getOutputStream().flush();
    String answer = out.readLine();
    return answer == null ? "" : answer.substring(0, answer.indexOf(' '));
  }
}
