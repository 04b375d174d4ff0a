package dev.coppice.branches;

import static dev.coppice.branches.BranchLab.request;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.BranchLab.Client;
import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineUser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server is killed while clients commit on several of its branches and it forks, freezes, merges
 * and deletes; in some rounds an engine alone before, in some all engines with it, so that nothing
 * is left but a dead mount. No commit that a client was told of is lost, and tables, indexes, data
 * checksums and the store's books are sound. The long form is -Dcoppice.kill.rounds=50;
 * -Dcoppice.kill.seed=N chooses other moments.
 */
class ServerKillIT {

  private static final Logger LOG = LoggerFactory.getLogger(ServerKillIT.class);
  private static final int ROUNDS = Integer.getInteger("coppice.kill.rounds", 2);
  private static final long SEED = Long.getLong("coppice.kill.seed", 4);
  private static final List<String> BRANCHES = List.of("one", "two", "three");
  private static final int CLIENTS = 2;

  /** What is killed, and when. */
  private enum Round {
    /** The server and every engine at once, as if the machine were gone. */
    MACHINE,
    /** An engine or one of its processes, which the server has to start anew; then the server. */
    ENGINE,
    /** The server, while it forks, freezes or deletes. */
    CHANGING_SERVER,
    /** The server, after so many commits. */
    SERVER
  }

  /** A branch with what its clients were told, and how much they may not have been told. */
  private static final class Worked {
    private final String branch;
    private Optional<Process> load = Optional.empty();
    private Path logs = Path.of("");
    private long committed;
    private long untold;
    private long told;

    Worked(String branch) {
      this.branch = branch;
    }

    void start(BranchLab lab, Path sockets) throws IOException {
      logs = Files.createTempDirectory(lab.root, "bench-");
      String clients = String.valueOf(CLIENTS);
      load = Optional.of(Pgbench.start(logs, sockets, "-n", "-c", clients, "-T", "600", "-l"));
    }

    int logged() {
      return load.isEmpty() ? 0 : Pgbench.logged(logs);
    }

    /** Once its engine is gone. */
    void end() throws InterruptedException {
      if (load.isPresent()) {
        assertThat(load.get().waitFor(2, TimeUnit.MINUTES)).as("pgbench on %s", branch).isTrue();
        committed += logged();
        told += logged();
        untold += CLIENTS;
        load = Optional.empty();
      }
    }
  }

  private final List<Worked> worked = BRANCHES.stream().map(Worked::new).toList();
  private final Set<String> kept = new HashSet<>();
  private final Set<String> deleted = new HashSet<>();

  @Test
  void nothingCommittedIsLost() throws Exception {
    Pgbench.assumeInstalled();
    try (BranchLab lab = new BranchLab()) {
      try (BranchManager manager = lab.open(0)) {
        prepare(lab, manager);
      }
      for (int number = 0; number < ROUNDS; number++) {
        long seed = SEED * 1000 + number;
        Round round = Round.values()[Math.floorMod(SEED + number, Round.values().length)];
        String place = "round %d (%s), seed %d".formatted(number, round, SEED);
        LOG.info("{} begins", place);
        kill(lab, round, new Random(seed), seed, place);
        verify(lab, place);
        long told = worked.stream().mapToLong(one -> one.told).sum();
        LOG.info("{}: {} commits were told by now, all are there", place, told);
      }
    } finally {
      worked.forEach(one -> one.load.ifPresent(Process::destroyForcibly));
    }
  }

  /** The image that all branches start from has Postgres's own checksums, unlike a source's. */
  private static void prepare(BranchLab lab, BranchManager manager) throws Exception {
    manager.addSource(lab.shop("secret"), event -> {});
    String first = BRANCHES.getFirst();
    manager.createBranch(request("shop", first, Access.OWNER));
    Path data;
    try (Client client = Client.connect(manager, first, EngineHost.SUPERUSER)) {
      Pgbench.fill(lab.root, client.socketDirectory(), 1);
      data = Path.of(client.one("SHOW data_directory"));
    }
    manager.suspendBranch(new BranchName(first));
    run(asEngine("pg_checksums", "--enable", "--no-sync", "-D", data.toString()));
    for (String other : BRANCHES.subList(1, BRANCHES.size())) {
      manager.createBranch(request(first, other, Access.OWNER));
    }
  }

  private void kill(BranchLab lab, Round round, Random random, long seed, String place)
      throws Exception {
    int[] changes = {round == Round.CHANGING_SERVER ? 1 + random.nextInt(25) : Integer.MAX_VALUE};
    int commits = 50 + random.nextInt(round == Round.CHANGING_SERVER ? 1 : 1500);
    List<String> arguments = new ArrayList<>(List.of(String.valueOf(seed)));
    arguments.addAll(BRANCHES);
    try (DoomedProcess server =
        DoomedProcess.start(
            lab,
            ChurningServer.class,
            words -> words.matches("(creates|freezes|deletes) .*") && --changes[0] == 0,
            arguments)) {
      for (Worked one : worked) {
        Optional<Path> sockets = awake(server, one.branch, 1);
        if (sockets.isPresent()) {
          one.start(lab, sockets.get());
        }
      }
      awaitCommits(server, commits);
      if (round == Round.ENGINE) {
        killEngine(lab, server, worked.get(random.nextInt(worked.size())), random);
        awaitCommits(server, 2 * commits);
      }
      if (round == Round.CHANGING_SERVER) {
        BranchLab.await("the change to be killed in, " + place, () -> !server.alive());
      }
      List<ProcessHandle> engines = round == Round.MACHINE ? processes(lab) : List.of();
      server.kill();
      engines.forEach(ProcessHandle::destroyForcibly);
      take(server.awaitKilled());
      for (Worked one : worked) {
        one.end();
      }
    }
  }

  /** Where the engine is, once the server has said so that often; empty if it is killed before. */
  private static Optional<Path> awake(DoomedProcess server, String branch, int times)
      throws InterruptedException {
    String words = "awake " + branch + " ";
    BranchLab.await(words, () -> !server.alive() || server.said(words).size() >= times);
    return server.said(words).stream().skip(times - 1).findFirst().map(Path::of);
  }

  private void awaitCommits(DoomedProcess server, int commits) throws InterruptedException {
    BranchLab.await(
        commits + " commits",
        () -> !server.alive() || worked.stream().mapToInt(Worked::logged).sum() >= commits);
  }

  /** The first process of an engine, or any of them, which ends the sessions of all. */
  private static void killEngine(BranchLab lab, DoomedProcess server, Worked one, Random random)
      throws Exception {
    Path sockets = awake(server, one.branch, 1).orElseThrow();
    ProcessHandle engine =
        lab.engines().stream()
            .filter(process -> process.info().commandLine().orElse("").contains(sockets.toString()))
            .findFirst()
            .orElseThrow();
    List<ProcessHandle> parts = new ArrayList<>(engine.children().toList());
    boolean whole = random.nextBoolean() || parts.isEmpty();
    (whole ? engine : parts.get(random.nextInt(parts.size()))).destroyForcibly();
    one.end();
    server.tell(one.branch);
    one.start(lab, awake(server, one.branch, 2).orElseThrow());
  }

  private static List<ProcessHandle> processes(BranchLab lab) {
    return lab.engines().stream()
        .flatMap(engine -> Stream.concat(Stream.of(engine), engine.descendants()))
        .toList();
  }

  /** What the server said of branches: what it had not yet said of one may be either way. */
  private void take(List<String> said) {
    for (String words : said) {
      String name = words.substring(words.indexOf(' ') + 1);
      if (words.startsWith("created ")) {
        kept.add(name);
      } else if (words.startsWith("deletes ")) {
        kept.remove(name);
      } else if (words.startsWith("deleted ")) {
        deleted.add(name);
      }
    }
  }

  private void verify(BranchLab lab, String place) throws Exception {
    try (BranchManager manager = lab.open(0)) {
      Set<String> found =
          manager.branches().stream()
              .map(branch -> branch.name().value())
              .collect(Collectors.toSet());
      kept.addAll(BRANCHES);
      assertThat(kept).as(place).isSubsetOf(found);
      deleted.retainAll(found);
      assertThat(deleted).as(place).isEmpty();
      for (Worked one : worked) {
        long committed = verify(manager, one.branch, place);
        assertThat(committed)
            .as("%s: commits on %s", place, one.branch)
            .isBetween(one.committed, one.committed + one.untold);
        one.committed = committed;
        one.untold = 0;
      }
      for (String child : found) {
        if (!BRANCHES.contains(child)) {
          verify(manager, child, place);
          manager.deleteBranch(new BranchName(child));
        }
      }
      kept.clear();
      deleted.clear();
      for (SnapshotInfo snapshot : manager.snapshots(Optional.empty())) {
        if (BRANCHES.contains(snapshot.of().value()) && snapshot.branches() == 0) {
          manager.deleteSnapshot(snapshot.of(), snapshot.name());
        }
      }
      assertThat(manager.checkStore().problems()).as(place).isEmpty();
      assertThat(manager.checkSpace().differences()).as(place).isEmpty();
    }
    assertThat(lab.engines()).as(place).isEmpty();
  }

  /** Returns how many transactions it holds. */
  private static long verify(BranchManager manager, String branch, String place) throws Exception {
    long committed;
    Path data;
    try (Client client = Client.connect(manager, branch, EngineHost.SUPERUSER)) {
      committed = Long.parseLong(client.one(Pgbench.COMMITTED));
      assertThat(client.one(Pgbench.BALANCED)).as("%s: %s", place, branch).isEqualTo("t");
      assertThat(client.one("SHOW data_checksums")).isEqualTo("on");
      List<String> check = new ArrayList<>();
      check.addAll(List.of(Pgbench.program("pg_amcheck").toString(), "--install-missing"));
      check.addAll(List.of("--heapallindexed", "-U", EngineHost.SUPERUSER));
      check.addAll(List.of("-h", client.socketDirectory().toString(), "shop"));
      run(check);
      data = Path.of(client.one("SHOW data_directory"));
    }
    manager.suspendBranch(new BranchName(branch));
    run(asEngine("pg_checksums", "--check", "-D", data.toString()));
    return committed;
  }

  private static List<String> asEngine(String program, String... arguments) {
    EngineUser user = EngineUser.choose(Optional.empty());
    List<String> command = new ArrayList<>();
    if (user.switched()) {
      command.addAll(
          List.of("setpriv", "--reuid=" + user.uid(), "--regid=" + user.gid(), "--clear-groups"));
    }
    command.add(Pgbench.program(program).toString());
    command.addAll(List.of(arguments));
    return command;
  }

  private static void run(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
  }
}
