package dev.coppice.providers.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A throw-away pooler in front of a server: the system's PgBouncer, on a free port. */
public final class PgBouncer implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/sbin/pgbouncer");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path directory;
  private final int port;
  private final Process process;

  private PgBouncer(Path directory, int port, Process process) {
    this.directory = directory;
    this.port = port;
    this.process = process;
  }

  public static boolean installed() {
    return Files.isExecutable(PROGRAM);
  }

  /**
   * @param mode {@code session}, {@code transaction} or {@code statement}
   */
  public static PgBouncer start(PostgresServer server, String mode, String role, String password)
      throws IOException {
    Path directory = Files.createTempDirectory("coppice-test-pgbouncer");
    int port = PostgresServer.freePort();
    Path users =
        Files.writeString(directory.resolve("users"), "\"%s\" \"%s\"\n".formatted(role, password));
    Path settings =
        Files.writeString(
            directory.resolve("pgbouncer.ini"),
            """
            [databases]
            * = host=127.0.0.1 port=%d
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %d
            unix_socket_dir =
            auth_type = scram-sha-256
            auth_file = %s
            pool_mode = %s
            """
                .formatted(server.port(), port, users, mode));
    PostgresServer.handOver(directory);
    Process process =
        new ProcessBuilder(
                PostgresServer.unprivileged(List.of(PROGRAM.toString(), settings.toString())))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
    PgBouncer pooler = new PgBouncer(directory, port, process);
    pooler.awaitReady(role, password);
    return pooler;
  }

  public String url(String role, String encodedPassword, String database) {
    return "postgres://" + role + ":" + encodedPassword + "@127.0.0.1:" + port + "/" + database;
  }

  private void awaitReady(String role, String password) throws IOException {
    Instant deadline = Instant.now().plus(PATIENCE);
    String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
    while (true) {
      try {
        DriverManager.getConnection(url, role, password).close();
        return;
      } catch (SQLException e) {
        if (!process.isAlive() || Instant.now().isAfter(deadline)) {
          String log = Files.readString(directory.resolve("log"));
          close();
          throw new IllegalStateException("pgbouncer did not start: " + log, e);
        }
      }
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    PostgresServer.delete(directory);
  }
}
