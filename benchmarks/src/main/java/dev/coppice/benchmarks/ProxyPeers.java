package dev.coppice.benchmarks;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coppice.branches.StandaloneEngine;
import dev.coppice.server.bench.BenchmarkContext;
import java.io.IOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The ways to one database that are compared: a branch through a Coppice server; another branch of
 * the same server through PgBouncer; and an engine on a plain directory, with the settings of
 * branches, directly over TCP. All data fits into an engine's own cache, so that the page store has
 * no part in what is read.
 */
final class ProxyPeers implements AutoCloseable {

  private static final String DATABASE = "bench";
  private static final int SCALE = 1;

  private final Deque<Part> parts = new ArrayDeque<>();
  private final BenchmarkEngine plain;
  private final ServerProcess server;
  private final Map<Way, Route> routes = new EnumMap<>(Way.class);
  private final String postgres;

  /**
   * How a way is gone.
   *
   * @param connection a connection string
   * @param proxy the process between client and engine, if there is one
   */
  record Route(String connection, OptionalLong proxy) {
    static Route through(String connection, long proxy) {
      return new Route(connection, OptionalLong.of(proxy));
    }

    static Route direct(String connection) {
      return new Route(connection, OptionalLong.empty());
    }
  }

  /** Something that was started and must be stopped, the last one first. */
  private interface Part {
    void stop() throws IOException, SQLException;
  }

  private ProxyPeers(BenchmarkContext context) throws Exception {
    try {
      int major =
          Engines.newestWithClientTools(context)
              .orElseThrow(() -> new IllegalStateException(Engines.CLIENT_TOOLS_MISSING));
      Path directory = Files.createDirectory(context.directory().resolve("plain"));
      plain =
          BenchmarkEngine.start(
              Engines.config(context, directory, major, StandaloneEngine.branchSettings(major)));
      parts.push(plain::close);
      plain.execute("create database " + DATABASE);
      try (var connection = plain.connect(DATABASE)) {
        PgbenchTables.create(connection, SCALE);
      }
      postgres = plain.version();
      server = ServerProcess.start(context, 0);
      parts.push(server::close);
      ObjectNode source = JsonNodeFactory.instance.objectNode();
      source.put("name", DATABASE).put("url", plain.url(DATABASE));
      server.api().stream("/v1/sources", source, event -> {});
      Set<String> others = new HashSet<>(server.socketDirectories());
      String behindPgbouncer = branch("behind-pgbouncer");
      // A session of the proxy's keeps it awake: PgBouncer's are not known to the server.
      Connection wakeful = DriverManager.getConnection(JdbcUrl.of(behindPgbouncer));
      parts.push(wakeful::close);
      Set<String> sockets = new HashSet<>(server.socketDirectories());
      sockets.removeAll(others);
      routes.put(Way.COPPICE, Route.through(branch("proxied"), server.pid()));
      routes.put(Way.TAPPED, Route.through(branch(CopyingTap.BRANCH), server.pid()));
      routes.put(Way.DIRECT, Route.direct(plain.url(DATABASE) + "?sslmode=disable"));
      EngineAddress address = plain.address();
      routes.put(
          Way.SOCKET,
          Route.direct(
              "host=%s port=%d user=%s dbname=%s"
                  .formatted(address.socketDirectory(), address.port(), address.user(), DATABASE)));
      if (PgBouncer.installed()) {
        Path sessions = Path.of(sole(sockets));
        routes.put(Way.PGBOUNCER, pgbouncer(context, sessions, behindPgbouncer, "session"));
        routes.put(
            Way.PGBOUNCER_TRANSACTION,
            pgbouncer(context, sessions, behindPgbouncer, "transaction"));
      }
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  static ProxyPeers start(BenchmarkContext context) throws Exception {
    return new ProxyPeers(context);
  }

  private static String sole(Set<String> names) throws IOException {
    if (names.size() != 1) {
      throw new IOException("the branch's engine was not found among " + names);
    }
    return names.iterator().next();
  }

  /** Makes a branch and returns its connection string. */
  String branch(String name) throws IOException {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.put("name", name).put("from", DATABASE);
    return server
        .api()
        .timedPost("/v1/branches?password=true", request)
        .answer()
        .path("url")
        .asText();
  }

  private Route pgbouncer(
      BenchmarkContext context, Path socketDirectory, String branch, String mode) throws Exception {
    String[] login = URI.create(branch).getRawUserInfo().split(":", 2);
    String role = decoded(login[0]);
    String bareRole = role.substring(0, role.lastIndexOf('.'));
    PgBouncer pooler =
        PgBouncer.start(
            context.directory().resolve("pgbouncer-" + mode),
            socketDirectory,
            bareRole,
            decoded(login[1]),
            mode);
    parts.push(pooler::close);
    return Route.through(
        "postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable"
            .formatted(bareRole, login[1], pooler.port(), DATABASE),
        pooler.pid());
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  ServerProcess server() {
    return server;
  }

  /** Absent if a program is not installed. */
  Optional<Route> route(Way way) {
    return Optional.ofNullable(routes.get(way));
  }

  String postgres() {
    return postgres;
  }

  @Override
  public void close() throws IOException, SQLException {
    while (!parts.isEmpty()) {
      parts.pop().stop();
    }
  }
}
