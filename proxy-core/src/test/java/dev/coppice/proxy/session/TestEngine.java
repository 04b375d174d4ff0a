package dev.coppice.proxy.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** A stock Postgres of the system's packages on a unix socket, in a directory of its own. */
final class TestEngine implements AutoCloseable {

  private static final Path SYSTEM_FOLDERS = Path.of("/usr/lib/postgresql");
  private static final long POLL_NANOS = 1_000_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path directory;
  private final Path binaries;
  private final Process postgres;

  private TestEngine(Path directory, Path binaries, Process postgres) {
    this.directory = directory;
    this.binaries = binaries;
    this.postgres = postgres;
  }

  static TestEngine start() {
    try {
      Path binaries = binaries();
      Path directory = Files.createTempDirectory("proxy-it-");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
      try {
        String data = directory.resolve("data").toString();
        run(
            unprivileged(
                List.of(
                    binaries.resolve("initdb").toString(),
                    "-D",
                    data,
                    "-A",
                    "trust",
                    "-U",
                    "postgres",
                    "-E",
                    "UTF8",
                    "--locale=C.UTF-8",
                    "--no-sync")));
        Process postgres =
            builder(
                    directory,
                    unprivileged(
                        List.of(
                            binaries.resolve("postgres").toString(),
                            "-D",
                            data,
                            "-k",
                            directory.toString(),
                            "-c",
                            "listen_addresses=",
                            "-c",
                            "fsync=off",
                            "-c",
                            "max_connections=100",
                            "-c",
                            "wal_level=logical",
                            "-c",
                            "logging_collector=off")))
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        TestEngine engine = new TestEngine(directory, binaries, postgres);
        engine.awaitReady();
        return engine;
      } catch (RuntimeException e) {
        delete(directory);
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady() {
    try {
      await(
          "engine",
          () -> exitCode(List.of(tool("psql"), "-h", host(), "-U", "postgres", "-c", "")) == 0);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  Path socket() {
    return directory.resolve(".s.PGSQL.5432");
  }

  String host() {
    return directory.toString();
  }

  String tool(String name) {
    return binaries.resolve(name).toString();
  }

  /** Runs SQL as superuser, past the proxy; returns the bare rows. */
  String sql(String statement) {
    return sql("postgres", statement);
  }

  String sql(String database, String statement) {
    return run(
        List.of(
            tool("psql"),
            "-h",
            host(),
            "-U",
            "postgres",
            "-d",
            database,
            "-v",
            "ON_ERROR_STOP=1",
            "-Atqc",
            statement));
  }

  boolean isAlive() {
    return postgres.isAlive();
  }

  /** Fast shutdown. */
  void stop() {
    try {
      // The shell's own kill: the program of that name is in a package that may be absent.
      new ProcessBuilder("sh", "-c", "kill -INT " + postgres.pid()).start().waitFor();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    stop();
    try {
      if (!postgres.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        postgres.destroyForcibly();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      delete(directory);
    }
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("waited in vain for " + what);
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }

  private static Path binaries() throws IOException {
    try (Stream<Path> majors = Files.list(SYSTEM_FOLDERS)) {
      return majors
          .map(major -> major.resolve("bin"))
          .filter(folder -> Files.isExecutable(folder.resolve("postgres")))
          .max(Comparator.naturalOrder())
          .orElseThrow(() -> new IllegalStateException("no PostgreSQL below " + SYSTEM_FOLDERS));
    }
  }

  private static List<String> unprivileged(List<String> command) {
    if (!System.getProperty("user.name").equals("root")) {
      return command;
    }
    List<String> dropped =
        new ArrayList<>(
            List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
    dropped.addAll(command);
    return dropped;
  }

  private static ProcessBuilder builder(Path directory, List<String> command) {
    return new ProcessBuilder(command).directory(directory.toFile());
  }

  private static int exitCode(List<String> command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + ": " + output);
      }
      return output.strip();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
