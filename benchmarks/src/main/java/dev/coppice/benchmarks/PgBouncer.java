package dev.coppice.benchmarks;

import dev.coppice.branches.DirectoryTree;
import dev.coppice.proxy.ScramVerifier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The system's PgBouncer in front of an engine's socket. It checks passwords as the proxy does,
 * against a verifier, which costs it less than the password itself would.
 */
final class PgBouncer implements AutoCloseable {

  static final String HOW_TO_INSTALL =
      "pgbouncer was not found: apt-get install pgbouncer (Debian, Ubuntu)";

  private static final Path PROGRAM = Path.of("/usr/sbin/pgbouncer");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int POOLED_SESSIONS = 80;

  private final Path directory;
  private final int port;
  private final Process process;

  private PgBouncer(Path directory, int port, Process process) {
    this.directory = directory;
    this.port = port;
    this.process = process;
  }

  static boolean installed() {
    return Files.isExecutable(PROGRAM);
  }

  /**
   * Returns once it listens. It runs as the user whose directory the socket lies in.
   *
   * @param socketDirectory of the engine, which trusts who comes that way
   * @param mode when a session of its own is given back: {@code session} or {@code transaction}
   */
  static PgBouncer start(
      Path directory, Path socketDirectory, String role, String password, String mode)
      throws IOException, InterruptedException {
    Files.createDirectory(directory);
    int port = freePort();
    Path users =
        Files.writeString(
            directory.resolve("users"),
            "\"%s\" \"%s\"\n".formatted(role, ScramVerifier.of(password).encoded()));
    Path settings =
        Files.writeString(
            directory.resolve("pgbouncer.ini"),
            """
            [databases]
            * = host=%s port=5432
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %d
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = %s
            pool_mode = %s
            default_pool_size = %d
            max_client_conn = 1000
            ignore_startup_parameters = extra_float_digits
            log_connections = 0
            log_disconnections = 0
            """
                .formatted(socketDirectory, port, users, mode, POOLED_SESSIONS));
    List<String> command = new ArrayList<>();
    if (System.getProperty("user.name", "").equals("root")) {
      Object uid = Files.getAttribute(socketDirectory, "unix:uid");
      Object gid = Files.getAttribute(socketDirectory, "unix:gid");
      for (Path file : List.of(directory, users, settings)) {
        Files.setAttribute(file, "unix:uid", uid);
      }
      command.addAll(
          List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--"));
    }
    Files.setPosixFilePermissions(users, PosixFilePermissions.fromString("rw-------"));
    command.addAll(List.of(PROGRAM.toString(), settings.toString()));
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    PgBouncer started = new PgBouncer(directory, port, process);
    try {
      started.awaitListening(log);
      return started;
    } catch (IOException | InterruptedException e) {
      started.close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void awaitListening(Path log) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw new IOException("pgbouncer did not start: " + Files.readString(log), e);
        }
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  long pid() {
    return process.pid();
  }

  int port() {
    return port;
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try {
      process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    DirectoryTree.delete(directory);
  }
}
