package dev.coppice.benchmarks;

import dev.coppice.branches.engine.EngineHost;
import dev.coppice.branches.engine.EngineSession;
import dev.coppice.server.bench.BenchmarkContext;
import dev.coppice.server.client.ApiClient;
import dev.coppice.server.client.ServerAddress;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A {@code coppice serve} in a process of its own, and the REST calls that a benchmark makes to it.
 * What is timed is what a client sees, not what the server thinks it took.
 */
final class ServerProcess implements AutoCloseable {

  private static final Duration START_DEADLINE = Duration.ofSeconds(60);
  private static final Duration STOP_DEADLINE = Duration.ofSeconds(60);
  private static final String SOCKET_DIRECTORY = "unix_socket_directories=";

  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final URI base;
  private final Path tokenFile;

  private ServerProcess(Process process, URI base, Path tokenFile) {
    this.process = process;
    this.base = base;
    this.tokenFile = tokenFile;
  }

  /** Starts a server with the program and the libraries that this process runs with. */
  static ServerProcess start(BenchmarkContext context, int warmEngines)
      throws IOException, InterruptedException {
    Path directory = context.directory();
    int httpPort = freePort();
    int postgresPort = freePort();
    Path config = directory.resolve("coppice.yaml");
    Files.writeString(
        config,
        """
        data_dir: %s
        postgres:
          listen: 127.0.0.1:%d
        http:
          listen: 127.0.0.1:%d
        warm_engines: %d
        embedded_archives: %s
        """
            .formatted(
                directory.resolve("data"),
                postgresPort,
                httpPort,
                warmEngines,
                context.embeddedArchives()));
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "dev.coppice.server.cli.Coppice",
            "serve",
            "--config",
            config.toString()));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(directory.resolve("server.log").toFile()))
            .start();
    ServerProcess server =
        new ServerProcess(
            process,
            URI.create("http://127.0.0.1:" + httpPort),
            directory.resolve("data").resolve("token"));
    try {
      server.awaitReady(directory.resolve("server.log"));
      return server;
    } catch (IOException | InterruptedException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady(Path log) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_DEADLINE.toNanos();
    HttpRequest probe = HttpRequest.newBuilder(base.resolve("/healthz")).build();
    while (true) {
      if (!process.isAlive()) {
        throw new IOException("the server ended at its start: " + Files.readString(log));
      }
      try {
        if (http.send(probe, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
          return;
        }
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw new IOException("the server did not answer: " + Files.readString(log), e);
        }
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  long pid() {
    return process.pid();
  }

  /** Where the sockets of its engines lie. */
  List<String> socketDirectories() {
    return process
        .children()
        .flatMap(child -> Arrays.stream(child.info().arguments().orElse(new String[0])))
        .filter(argument -> argument.startsWith(SOCKET_DIRECTORY))
        .map(argument -> argument.substring(SOCKET_DIRECTORY.length()))
        .toList();
  }

  /** A session as superuser on the engine of the only base that has such a database. */
  Connection openBase(String database) throws SQLException {
    for (String directory : socketDirectories()) {
      Path socket = Path.of(directory, ".s.PGSQL." + EngineHost.PORT);
      try (Connection any = EngineSession.superuser(socket, "postgres");
          Statement statement = any.createStatement();
          ResultSet found =
              statement.executeQuery(
                  "select from pg_database where datname = '" + database + "'")) {
        if (found.next()) {
          return EngineSession.superuser(socket, database);
        }
      }
    }
    throw new IllegalStateException("no engine has a database " + database);
  }

  /** For calls as the command line makes them. */
  ApiClient api() throws IOException {
    return new ApiClient(
        new ServerAddress(base.toString(), Files.readString(tokenFile).strip(), false));
  }

  /** The text of {@code /metrics}. */
  String metrics() throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(base.resolve("/metrics")).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    http.close();
  }
}
