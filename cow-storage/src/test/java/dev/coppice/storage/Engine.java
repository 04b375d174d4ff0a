package dev.coppice.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A stock Postgres on some directory, run as its unprivileged user. */
final class Engine implements AutoCloseable {

  private static final long START_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final Path binaries;
  private final Path data;
  private final Path sockets;
  private final Path log;
  private @Nullable Process process;

  Engine(Path binaries, Path data, Path home) throws IOException {
    this.binaries = binaries;
    this.data = data;
    this.sockets = Files.createTempDirectory(home, "sock");
    this.log = sockets.resolveSibling(sockets.getFileName() + ".log");
    run(List.of("chown", Machine.OWNER, sockets.toString()));
  }

  private List<String> asOwner(String program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            "setpriv",
            "--reuid=" + Machine.OWNER,
            "--regid=" + Machine.OWNER,
            "--clear-groups",
            binaries.resolve(program).toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static String run(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
    if (waitFor(process) != 0) {
      throw new IOException(command + " failed: " + output);
    }
    return output;
  }

  private static int waitFor(Process process) {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  void initialise() throws IOException {
    run(
        asOwner(
            "initdb",
            "-D",
            data.toString(),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-locale",
            "--data-checksums"));
  }

  Engine start() throws IOException {
    Process started =
        new ProcessBuilder(
                asOwner(
                    "postgres",
                    "-D",
                    data.toString(),
                    "-k",
                    sockets.toString(),
                    "-c",
                    "listen_addresses=",
                    "-c",
                    "shared_buffers=16MB",
                    "-c",
                    "max_wal_size=128MB"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    process = started;
    long deadline = System.nanoTime() + START_TIMEOUT_NANOS;
    while (true) {
      try {
        var _ = sql("select 1");
        return this;
      } catch (IOException e) {
        if (!started.isAlive() || System.nanoTime() > deadline) {
          throw new IOException("the engine did not start: " + Files.readString(log), e);
        }
      }
    }
  }

  String sql(String statement) throws IOException {
    return run(
        List.of(
            binaries.resolve("psql").toString(),
            "-h",
            sockets.toString(),
            "-U",
            "postgres",
            "-XAtqc",
            statement,
            "postgres"));
  }

  private List<String> benchCommand(String... arguments) {
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(
            binaries.resolve("pgbench").toString(), "-h", sockets.toString(), "-U", "postgres"));
    command.addAll(List.of(arguments));
    command.add("postgres");
    return command;
  }

  void bench(String... arguments) throws IOException {
    var _ = run(benchCommand(arguments));
  }

  /**
   * Runs pgbench beside the test; its transactions are logged one a line to files in a directory.
   */
  Process startBench(Path directory, String... arguments) throws IOException {
    return new ProcessBuilder(benchCommand(arguments))
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** The money that pgbench moves around adds up, and indexes agree with their tables. */
  String balances() throws IOException {
    return sql(
        "select (select sum(abalance) from pgbench_accounts) = (select sum(tbalance) from"
            + " pgbench_tellers) and (select sum(tbalance) from pgbench_tellers) = (select"
            + " sum(bbalance) from pgbench_branches) and (select sum(bbalance) from"
            + " pgbench_branches) = (select coalesce(sum(delta), 0) from pgbench_history)");
  }

  void checkIndexes() throws IOException {
    var _ =
        sql(
            "create extension if not exists amcheck; select bt_index_check(c.oid, true) from"
                + " pg_class c join pg_am a on a.oid = c.relam where a.amname = 'btree' and"
                + " c.relkind = 'i' and c.relpersistence = 'p'");
  }

  /** Every table and index, each against the other where both say the same. */
  void checkTables() throws IOException {
    Path tool = binaries.resolve("pg_amcheck");
    if (!Files.isExecutable(tool)) {
      checkIndexes();
      return;
    }
    var _ =
        run(
            List.of(
                tool.toString(),
                "-h",
                sockets.toString(),
                "-U",
                "postgres",
                "--install-missing",
                "--heapallindexed",
                "postgres"));
  }

  /** Every page of an engine that was stopped in order. */
  void verifyChecksums() throws IOException {
    var _ = run(asOwner("pg_checksums", "--check", "-D", data.toString()));
  }

  /** The shell's own kill: the program of that name is in a package that may be absent. */
  private static List<String> signal(String name, Process to) {
    return List.of("sh", "-c", "kill -%s %d".formatted(name, to.pid()));
  }

  /** Stops as with Ctrl-C, so that the data directory is left clean. */
  void stop() throws IOException {
    Process running = process;
    if (running != null && running.isAlive()) {
      run(signal("INT", running));
      if (waitFor(running) != 0) {
        throw new IOException("the engine failed: " + Files.readString(log));
      }
    }
  }

  /** Ends the engine without letting it tidy up. */
  void kill() throws IOException {
    Process running = process;
    if (running != null && running.isAlive()) {
      // It may be ending by itself already.
      var _ = waitFor(new ProcessBuilder(signal("QUIT", running)).start());
      var _ = waitFor(running);
    }
  }

  @Override
  public void close() throws IOException {
    kill();
  }
}
