package dev.coppice.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server is killed while engines work on several branches, again and again: no commit that a
 * client was told of is lost, and tables, indexes, data checksums and the store's own are sound.
 * More rounds with -Dcoppice.kill.rounds=50.
 */
class KillIT {

  private static final Logger LOG = LoggerFactory.getLogger(KillIT.class);
  private static final int BRANCHES = 3;
  private static final int TRANSACTIONS = 100;
  private static final int ROUNDS = Integer.getInteger("coppice.kill.rounds", 2);

  /** A branch with the transactions that its clients were told are committed. */
  private static final class Worked {
    private final String branch;
    private int committed;

    Worked(String branch, int committed) {
      this.branch = branch;
      this.committed = committed;
    }
  }

  private final List<Worked> branches = new ArrayList<>();
  @RegisterExtension private final StoreHome home = StoreHome.forEngines();

  private Engine engine(Worked worked) throws IOException {
    return home.engine(home.resolve("mnt").resolve(worked.branch));
  }

  @Test
  void nothingCommittedIsLostInAnyBranch() throws Exception {
    for (int round = 1; round <= ROUNDS; round++) {
      try (StoreProcess store = StoreProcess.start(home.config())) {
        if (branches.isEmpty()) {
          createBranches(store);
        }
        assertThat(store.ask("check")).as("round %d", round).endsWith("problems=[]]");
        work(store, round);
      }
      int told = branches.stream().mapToInt(one -> one.committed).sum();
      LOG.info("killed in round {} after {} commits", round, told);
    }
    try (StoreProcess store = StoreProcess.start(home.config())) {
      for (Worked worked : branches) {
        try (Engine engine = engine(worked)) {
          verify(engine.start(), worked, ROUNDS + 1);
          engine.stop();
          engine.verifyChecksums();
        }
      }
      assertThat(store.ask("check")).endsWith("problems=[]]");
    }
  }

  private void createBranches(StoreProcess store) throws IOException {
    Worked first = new Worked(store.ask("create"), 0);
    branches.add(first);
    try (Engine engine = engine(first)) {
      engine.initialise();
      engine.start().bench("-i", "-q", "-s", "1");
      engine.stop();
    }
    while (branches.size() < BRANCHES) {
      branches.add(new Worked(store.ask("fork " + first.branch), 0));
    }
  }

  /** Verifies every branch, works in all of them and kills the server meanwhile. */
  private void work(StoreProcess store, int round) throws Exception {
    List<Engine> engines = new ArrayList<>();
    List<Process> loads = new ArrayList<>();
    List<Path> logs = new ArrayList<>();
    try {
      for (Worked worked : branches) {
        Engine engine = engine(worked);
        engines.add(engine);
        verify(engine.start(), worked, round);
        engine.stop();
        engine.verifyChecksums();
        var _ = engine.start();
      }
      for (Engine engine : engines) {
        Path log = Files.createTempDirectory(home.directory(), "bench");
        logs.add(log);
        loads.add(engine.startBench(log, "-n", "-c", "2", "-T", "600", "-l"));
      }
      Deadline.await("some transactions", () -> all(logs));
      assertThat(store.ask("fork " + branches.getFirst().branch)).hasSize(36);
      store.kill();
      for (int i = 0; i < loads.size(); i++) {
        assertThat(loads.get(i).waitFor(120, TimeUnit.SECONDS)).isTrue();
        branches.get(i).committed += committed(logs.get(i));
      }
    } finally {
      loads.forEach(Process::destroyForcibly);
      for (Engine engine : engines) {
        engine.close();
      }
    }
  }

  private void verify(Engine engine, Worked worked, int round) throws IOException {
    assertThat(engine.balances()).as("round %d", round).isEqualTo("t");
    assertThat(Integer.parseInt(engine.sql("select count(*) from pgbench_history")))
        .as("round %d, branch %s", round, worked.branch)
        .isGreaterThanOrEqualTo(worked.committed);
    engine.checkTables();
  }

  private static boolean all(List<Path> logs) throws IOException {
    for (Path log : logs) {
      if (committed(log) < TRANSACTIONS) {
        return false;
      }
    }
    return true;
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
