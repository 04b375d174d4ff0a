package dev.coppice.proxy.session;

import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.ProxyConfig.TlsFiles;
import dev.coppice.proxy.ProxyLimits;
import dev.coppice.proxy.ProxyServer;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.StatementTap;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** A real engine with a database "shop" and a role "app", and a proxy before it. */
final class ProxyFixture implements AutoCloseable {

  static final Duration PATIENCE = Duration.ofMinutes(2);

  final TestEngine engine;
  final TestBranches branches;
  final ProxyServer proxy;
  final Path tlsDirectory;
  private final Duration sessionReuse;
  private final ProxyLimits limits;
  final SimpleMeterRegistry metrics = new SimpleMeterRegistry();

  ProxyFixture(Path directory) {
    this(directory, PATIENCE);
  }

  ProxyFixture(Path directory, Duration handshakeTimeout) {
    this(directory, handshakeTimeout, ProxyConfig.USUAL_SESSION_REUSE);
  }

  ProxyFixture(Path directory, Duration handshakeTimeout, Duration sessionReuse) {
    this(directory, handshakeTimeout, sessionReuse, ProxyLimits.USUAL);
  }

  ProxyFixture(
      Path directory, Duration handshakeTimeout, Duration sessionReuse, ProxyLimits limits) {
    this(directory, handshakeTimeout, sessionReuse, limits, Optional.empty());
  }

  ProxyFixture(Path directory, StatementTap tap) {
    this(directory, PATIENCE, ProxyConfig.USUAL_SESSION_REUSE, ProxyLimits.USUAL, Optional.of(tap));
  }

  private ProxyFixture(
      Path directory,
      Duration handshakeTimeout,
      Duration sessionReuse,
      ProxyLimits limits,
      Optional<StatementTap> tap) {
    this.limits = limits;
    this.sessionReuse = sessionReuse;
    tlsDirectory = directory.resolve("tls");
    engine = TestEngine.start();
    branches = new TestBranches(engine.socket());
    try {
      engine.sql("CREATE DATABASE shop");
      engine.sql("CREATE ROLE app LOGIN");
      engine.sql("ALTER DATABASE shop OWNER TO app");
      proxy = ProxyServer.start(config(handshakeTimeout), branches, metrics, tap);
    } catch (RuntimeException e) {
      engine.close();
      throw e;
    }
  }

  private ProxyConfig config(Duration handshakeTimeout) {
    return config(handshakeTimeout, Optional.empty());
  }

  private ProxyConfig config(Duration handshakeTimeout, Optional<TlsFiles> certificate) {
    return new ProxyConfig(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        certificate,
        tlsDirectory,
        handshakeTimeout,
        PATIENCE,
        Optional.of("coppice.test"),
        sessionReuse,
        limits);
  }

  int port() {
    return proxy.address().getPort();
  }

  /** PgJDBC's, of role "app" unless the properties say another. */
  java.sql.Connection connect(String... namesAndValues) throws SQLException {
    return connectTo("shop", namesAndValues);
  }

  java.sql.Connection connectTo(String database, String... namesAndValues) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", "app.pr-1");
    properties.setProperty("password", TestBranches.PASSWORD);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      properties.setProperty(namesAndValues[i], namesAndValues[i + 1]);
    }
    return DriverManager.getConnection(url(database), properties);
  }

  /** For JDBC. */
  String url(String database) {
    return "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port(), database);
  }

  /** Ends the branch's sessions as a reset does. */
  void reset(Refusal why) {
    branches.end(why);
    engine.sql(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app'");
  }

  /** What psql prints, its errors included. */
  String psql(String password, String connection, String statement) {
    return psql(port(), password, connection, statement);
  }

  private String psql(int port, String password, String connection, String statement) {
    try {
      ProcessBuilder builder =
          new ProcessBuilder(
              List.of(
                  engine.tool("psql"),
                  "hostaddr=127.0.0.1 port=%d %s".formatted(port, connection),
                  "-X",
                  "-Atqc",
                  statement));
      builder.environment().put("PGPASSWORD", password);
      Process process = builder.redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
      return output.strip();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  String psql(String connection, String statement) {
    return psql(TestBranches.PASSWORD, connection, statement);
  }

  /** Another proxy before the same engine. */
  ProxyServer another(Duration handshakeTimeout) {
    return ProxyServer.start(config(handshakeTimeout), branches, new SimpleMeterRegistry());
  }

  /** The same through another proxy, which was given a certificate. */
  String psql(TlsFiles certificate, String connection, String statement) {
    try (ProxyServer other =
        ProxyServer.start(
            config(PATIENCE, Optional.of(certificate)), branches, new SimpleMeterRegistry())) {
      return psql(other.address().getPort(), TestBranches.PASSWORD, connection, statement);
    }
  }

  /** The same through another proxy before the same engine. */
  String psql(Transport transport, String connection, String statement) {
    System.setProperty(Transport.PROPERTY, transport.name());
    try (ProxyServer other = another(PATIENCE)) {
      return psql(other.address().getPort(), TestBranches.PASSWORD, connection, statement);
    } finally {
      System.clearProperty(Transport.PROPERTY);
    }
  }

  /** Sessions of clients on the engine, its own tools' excepted. */
  int engineSessions() {
    return Integer.parseInt(
        engine.sql("SELECT count(*) FROM pg_stat_activity WHERE usename IN ('app', 'streamer')"));
  }

  /** Until one statement sleeps in the engine. */
  void awaitSleep() {
    TestEngine.await(
        "the statement",
        () ->
            engine
                .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
                .equals("1"));
  }

  void awaitNoSessions() {
    TestEngine.await("the end of all engine sessions", () -> engineSessions() == 0);
    TestEngine.await(
        "the release of all endpoints", () -> branches.opened.get() == branches.closed.get());
  }

  @Override
  public void close() {
    try (engine) {
      proxy.close();
    }
  }
}
