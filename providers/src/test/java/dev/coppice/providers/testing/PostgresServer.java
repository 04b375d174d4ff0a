package dev.coppice.providers.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A throw-away server of the system's Postgres, on a free port of the loopback interface with a
 * password, and on a unix socket without. Runs as user {@code postgres} where the tests run as
 * root.
 */
public final class PostgresServer implements AutoCloseable {

  /** Of the bootstrap superuser, over TCP. */
  public static final String PASSWORD = "correct horse/battery@staple";

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Path bin;
  private final Path directory;
  private final String superuser;
  private final int port;
  private final List<String> settings;
  private Process process;
  private final Thread stopAtExit;

  private PostgresServer(Path bin, Path directory, String superuser, int port, String... settings)
      throws IOException {
    this.bin = bin;
    this.directory = directory;
    this.superuser = superuser;
    this.port = port;
    this.settings = List.of(settings);
    this.process = launch();
    this.stopAtExit = new Thread(this::stop, "stop postgres " + port);
    Runtime.getRuntime().addShutdownHook(stopAtExit);
  }

  /**
   * @param superuser the name of the bootstrap superuser
   * @param settings further settings, {@code name=value}
   */
  public static PostgresServer start(String superuser, String... settings) {
    return startIn(Path.of(System.getProperty("java.io.tmpdir")), superuser, settings);
  }

  /** Puts its files into a folder of their own under that one. */
  public static PostgresServer startIn(Path parent, String superuser, String... settings) {
    return start(newestInstallation(), parent, superuser, settings);
  }

  /**
   * @param bin where {@code initdb} and {@code postgres} are; without client programs there, {@link
   *     #tool} does not work
   */
  public static PostgresServer start(Path bin, Path parent, String superuser, String... settings) {
    try {
      Path directory = Files.createTempDirectory(parent, "coppice-test-pg");
      Path password = Files.writeString(directory.resolve("password"), PASSWORD);
      handOver(directory);
      List<String> initdb = new ArrayList<>(List.of(bin.resolve("initdb").toString()));
      initdb.addAll(
          List.of(
              "--pgdata=" + directory.resolve("data"),
              "--username=" + superuser,
              "--pwfile=" + password,
              "--auth-local=trust",
              "--auth-host=scram-sha-256",
              "--encoding=UTF8",
              "--locale=C.UTF-8",
              "--no-sync"));
      run(initdb, directory);
      PostgresServer server = new PostgresServer(bin, directory, superuser, freePort(), settings);
      server.awaitReady();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A physical standby, which takes connections but no writes. */
  public static PostgresServer standbyOf(PostgresServer primary, String... settings) {
    try {
      Path directory = Files.createTempDirectory("coppice-test-pg");
      handOver(directory);
      primary.backUp(directory);
      handOver(directory);
      List<String> all = new ArrayList<>(List.of(settings));
      all.add(
          "primary_conninfo=host=%s port=%d user=%s"
              .formatted(primary.directory, primary.port, primary.superuser));
      PostgresServer standby =
          new PostgresServer(
              primary.bin, directory, primary.superuser, freePort(), all.toArray(String[]::new));
      standby.awaitReady();
      return standby;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its files, while nobody works with it, to be started as a standby. */
  private void backUp(Path standby) throws IOException {
    Path data = standby.resolve("data");
    try (Connection session = connect("postgres");
        Statement statement = session.createStatement()) {
      statement.execute("SELECT pg_backup_start('standby', true)");
      run(List.of("cp", "-a", dataDirectory().toString(), data.toString()), standby);
      try (ResultSet stopped =
          statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
        stopped.next();
        Files.writeString(data.resolve("backup_label"), stopped.getString(1));
      }
      Files.createFile(data.resolve("standby.signal"));
      Files.delete(data.resolve("postmaster.pid"));
    } catch (SQLException e) {
      throw new IllegalStateException(log(), e);
    }
  }

  /** Where {@code postgres} and its tools are; the system property names another folder. */
  public static Path newestInstallation() {
    String configured = System.getProperty("coppice.test.postgres.bin");
    if (configured != null) {
      return Path.of(configured);
    }
    try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
      return versions
          .filter(path -> Files.isExecutable(path.resolve("bin/initdb")))
          .max(Comparator.comparingInt(path -> Integer.parseInt(path.getFileName().toString())))
          .orElseThrow(() -> new IllegalStateException("install the package postgresql"))
          .resolve("bin");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Path bin() {
    return bin;
  }

  public int port() {
    return port;
  }

  public String superuser() {
    return superuser;
  }

  public Path socketDirectory() {
    return directory;
  }

  public Path dataDirectory() {
    return directory.resolve("data");
  }

  public String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts lines in front of {@code pg_hba.conf}; they count from the next connection on. */
  public void access(String lines) throws IOException, SQLException {
    Path hba = dataDirectory().resolve("pg_hba.conf");
    Files.writeString(hba, lines + "\n" + Files.readString(hba));
    execute("postgres", "SELECT pg_reload_conf()");
  }

  /** Has it accept encrypted connections, and returns once it does. */
  public void encrypt(Certificates certificates) throws IOException, SQLException {
    install(certificates.certificate(), "server.crt");
    install(certificates.key(), "server.key");
    execute("postgres", "ALTER SYSTEM SET ssl = on");
    execute("postgres", "SELECT pg_reload_conf()");
    String url = "jdbc:postgresql://127.0.0.1:" + port + "/postgres?sslmode=require";
    Instant deadline = Instant.now().plus(PATIENCE);
    while (true) {
      try (Connection encrypted = DriverManager.getConnection(url, superuser, PASSWORD)) {
        encrypted.isValid(10);
        return;
      } catch (SQLException e) {
        if (Instant.now().isAfter(deadline)) {
          throw new IllegalStateException(log(), e);
        }
        Thread.onSpinWait();
      }
    }
  }

  private void install(Path from, String name) throws IOException {
    Path file = dataDirectory().resolve(name);
    Files.copy(from, file, StandardCopyOption.COPY_ATTRIBUTES);
    for (String attribute : List.of("unix:uid", "unix:gid")) {
      Files.setAttribute(file, attribute, Files.getAttribute(dataDirectory(), attribute));
    }
  }

  /** A URL for that role, whose password is percent-encoded by the caller. */
  public String url(String role, String encodedPassword, String database) {
    return "postgres://" + role + ":" + encodedPassword + "@127.0.0.1:" + port + "/" + database;
  }

  public String superuserUrl(String database) {
    return url(superuser, "correct%20horse%2Fbattery%40staple", database);
  }

  /** A session of the superuser. */
  public Connection connect(String database) throws SQLException {
    String url = "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    return DriverManager.getConnection(url, superuser, PASSWORD);
  }

  public void execute(String database, String sql) throws SQLException {
    try (Connection connection = connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Runs a client program against this server as its superuser and returns its output. */
  public String tool(String database, String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of(bin.resolve(program).toString()));
    command.addAll(List.of(arguments));
    try {
      Path output = Files.createTempFile("coppice-test", ".out");
      try {
        ProcessBuilder builder =
            new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder
            .environment()
            .putAll(
                Map.of(
                    "PGHOST",
                    directory.toString(),
                    "PGPORT",
                    Integer.toString(port),
                    "PGUSER",
                    superuser,
                    "PGDATABASE",
                    database,
                    "LC_ALL",
                    "C"));
        int exitCode = builder.start().waitFor();
        String text = Files.readString(output, StandardCharsets.UTF_8);
        if (exitCode != 0) {
          throw new IllegalStateException(program + " failed: " + text);
        }
        return text;
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Runs statements as psql does, and stops at the first error. */
  public void script(String database, String sql) {
    try {
      Path file = Files.writeString(Files.createTempFile("coppice-test", ".sql"), sql);
      try {
        tool(database, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", file.toString());
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What {@code pg_dump} prints, without the lines that are random. */
  public String dump(String database, String... arguments) {
    return tool(database, "pg_dump", arguments)
        .lines()
        .filter(line -> !line.startsWith("\\restrict ") && !line.startsWith("\\unrestrict "))
        .collect(Collectors.joining("\n"));
  }

  @Override
  public void close() {
    stop();
    try {
      Runtime.getRuntime().removeShutdownHook(stopAtExit);
    } catch (IllegalStateException e) {
      // The machine is going down, and the hook has run or will.
    }
  }

  private synchronized void stop() {
    if (process.isAlive()) {
      signal("INT");
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          signal("QUIT");
          process.waitFor(10, TimeUnit.SECONDS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        signal("QUIT");
      }
    }
    delete(directory);
  }

  /** A fast shutdown; {@link Process#destroy} would ask for a smart one and wait for clients. */
  private void signal(String name) {
    try {
      // The shell's own kill: the program of that name is in a package that may be absent.
      new ProcessBuilder("sh", "-c", "kill -%s %d".formatted(name, process.pid()))
          .start()
          .waitFor();
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Process launch() throws IOException {
    List<String> command = new ArrayList<>(List.of(bin.resolve("postgres").toString()));
    command.addAll(
        List.of("-D", directory.resolve("data").toString(), "-p", Integer.toString(port)));
    List<String> all = new ArrayList<>();
    all.add("listen_addresses=127.0.0.1");
    all.add("unix_socket_directories=" + directory);
    all.add("fsync=off");
    all.add("full_page_writes=off");
    all.add("max_connections=50");
    all.addAll(settings);
    all.forEach(setting -> command.addAll(List.of("-c", setting)));
    return new ProcessBuilder(unprivileged(command))
        .redirectErrorStream(true)
        .redirectOutput(directory.resolve("log").toFile())
        .directory(directory.toFile())
        .start();
  }

  private void awaitReady() {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (true) {
      try (Connection ready = connect("postgres")) {
        if (ready.isValid(5)) {
          return;
        }
      } catch (SQLException e) {
        if (!process.isAlive() || Instant.now().isAfter(deadline)) {
          String log = log();
          close();
          throw new IllegalStateException("postgres did not start: " + log, e);
        }
      }
      Thread.onSpinWait();
    }
  }

  private static void run(List<String> command, Path directory) throws IOException {
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(unprivileged(command))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .directory(directory.toFile())
            .start();
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(command + " failed: " + Files.readString(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static boolean root() {
    return "root".equals(System.getProperty("user.name"));
  }

  static List<String> unprivileged(List<String> command) {
    if (!root()) {
      return command;
    }
    List<String> dropped =
        new ArrayList<>(
            List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
    dropped.addAll(command);
    return dropped;
  }

  static void handOver(Path directory) throws IOException {
    if (!root()) {
      return;
    }
    try {
      new ProcessBuilder("chown", "-R", "postgres:postgres", directory.toString())
          .start()
          .waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new IllegalStateException("could not delete " + directory, e);
    }
  }
}
