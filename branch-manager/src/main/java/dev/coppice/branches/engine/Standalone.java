package dev.coppice.branches.engine;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.branches.StandaloneEngine;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.postgresql.core.Utils;

/** What {@link StandaloneEngine} is made of. */
public final class Standalone {

  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Engine engine;
  private final int major;
  private final int port;

  private Standalone(Engine engine, int major, int port) {
    this.engine = engine;
    this.major = major;
    this.port = port;
  }

  public static List<Integer> majors(List<Path> postgresDirectories, Path embeddedArchives) {
    return List.copyOf(
        Installations.discover(postgresDirectories, embeddedArchives, Path.of("/")).majors());
  }

  public static Standalone start(StandaloneEngine.Config config) {
    EngineUser user = EngineUser.choose(config.engineUser());
    Confinement confinement = Confinement.probe(user);
    Installations installations =
        Installations.discover(
            config.postgresDirectories(),
            config.embeddedArchives(),
            Installations.unpackFolder(user, config.directory()));
    Installation installation =
        config.major().isPresent()
            ? installations.exactly(config.major().getAsInt())
            : installations.newest();
    try {
      return start(config, confinement, installation);
    } catch (IOException | SQLException e) {
      throw new BranchException(
          BranchFailure.ENGINE_START_FAILED,
          "The engine in %s could not be set up: %s".formatted(config.directory(), e.getMessage()),
          "Check that the directory can be written to and was made by the same major version.",
          e);
    }
  }

  private static Standalone start(
      StandaloneEngine.Config config, Confinement confinement, Installation installation)
      throws IOException, SQLException {
    Path sockets = config.directory().resolve("socket");
    Path data = config.directory().resolve("data");
    EngineHost.requireShort(sockets.resolve(".s.PGSQL.65535"));
    Files.createDirectories(data);
    if (!Files.exists(data.resolve("PG_VERSION"))) {
      confinement.user().own(data);
      Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
      new Initialisation(confinement, installation, data, config.superuser())
          .run(EngineLocale.C_UTF8);
    }
    Path hba = config.directory().resolve("hba.conf");
    Files.writeString(
        hba,
        """
        local all all trust
        local replication all trust
        host all all 127.0.0.1/32 scram-sha-256
        host replication all 127.0.0.1/32 scram-sha-256
        """);
    int port = config.port() == 0 ? freePort() : config.port();
    EngineLog log = new EngineLog(config.directory().resolve("engine.log"));
    Orphans.stop(sockets);
    Engine engine = launch(config, confinement, installation, sockets, port, hba, log);
    Standalone started = new Standalone(engine, installation.major(), port);
    try {
      started.setPassword(config.superuser(), config.password());
      return started;
    } catch (SQLException e) {
      started.stop();
      throw e;
    }
  }

  private static Engine launch(
      StandaloneEngine.Config config,
      Confinement confinement,
      Installation installation,
      Path sockets,
      int port,
      Path hba,
      EngineLog log)
      throws IOException {
    Files.deleteIfExists(config.directory().resolve("data").resolve(EngineHost.PID_FILE));
    EngineStart start =
        new EngineStart(
            "standalone",
            installation,
            config.directory().resolve("data"),
            config.log(),
            config.settings(),
            "postgres",
            TIMEOUT);
    Map<String, String> fixed = new LinkedHashMap<>();
    fixed.put("listen_addresses", "127.0.0.1");
    fixed.put("hba_file", hba.toString());
    return new Launch(start, confinement, false, sockets, port, config.superuser(), fixed, log)
        .run();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private void setPassword(String superuser, String password) throws SQLException {
    try (Connection session =
            DriverManager.getConnection(
                EngineSession.URL,
                EngineSession.properties(engine.socket(), "postgres", superuser));
        Statement statement = session.createStatement()) {
      StringBuilder sql = new StringBuilder("ALTER ROLE ");
      Utils.escapeIdentifier(sql, superuser).append(" PASSWORD '");
      Utils.escapeLiteral(sql, password, true).append('\'');
      statement.execute(sql.toString());
    }
  }

  public int port() {
    return port;
  }

  public int major() {
    return major;
  }

  public Path socketDirectory() {
    return engine.socket().resolveSibling("");
  }

  public long pid() {
    return engine.pid();
  }

  public void stop() {
    engine.stopFast(TIMEOUT);
  }
}
