package dev.coppice.benchmarks;

import dev.coppice.branches.StandaloneEngine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** An engine that loads are put on, which can be stopped and started again. */
final class BenchmarkEngine implements AutoCloseable {

  static final String DATABASE = "postgres";

  private static final int COPY_CHUNK_BYTES = 64 * 1024;

  private final StandaloneEngine.Config config;
  private StandaloneEngine engine;

  private BenchmarkEngine(StandaloneEngine.Config config) {
    this.config = config;
    this.engine = StandaloneEngine.start(config);
  }

  static BenchmarkEngine start(StandaloneEngine.Config config) {
    return new BenchmarkEngine(config);
  }

  void restart() {
    engine.close();
    engine = StandaloneEngine.start(config);
  }

  EngineAddress address() {
    return new EngineAddress(engine.socketDirectory(), engine.port(), config.superuser(), DATABASE);
  }

  long pid() {
    return engine.pid();
  }

  /** With the password. */
  String url(String database) {
    return engine.url(database);
  }

  Connection connect() throws SQLException {
    return connect(DATABASE);
  }

  Connection connect(String database) throws SQLException {
    return DriverManager.getConnection(JdbcUrl.of(url(database)));
  }

  /** Runs statements in a session of their own. */
  void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** How often per second the second statement could run, after the first one. */
  double perSecond(String prelude, String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(prelude);
      long start = System.nanoTime();
      statement.execute(sql);
      return 1e9 / (System.nanoTime() - start);
    }
  }

  /** Copies rows of pgbench's accounts into a table and returns how many per second. */
  double copyIn(String table, int rows) throws SQLException {
    try (Connection connection = connect()) {
      CopyIn copy =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn("copy " + table + " from stdin");
      long start = System.nanoTime();
      StringBuilder chunk = new StringBuilder(COPY_CHUNK_BYTES + 256);
      for (int i = 1; i <= rows; i++) {
        chunk.append(i).append("\t1\t0\t").repeat(' ', 84).append('\n');
        if (chunk.length() >= COPY_CHUNK_BYTES || i == rows) {
          byte[] bytes = chunk.toString().getBytes(StandardCharsets.US_ASCII);
          copy.writeToCopy(bytes, 0, bytes.length);
          chunk.setLength(0);
        }
      }
      copy.endCopy();
      return rows * 1e9 / (System.nanoTime() - start);
    }
  }

  /** The user and group that own its files. */
  Owner owner() throws IOException {
    Path data = config.directory().resolve("data");
    return new Owner(
        (Integer) Files.getAttribute(data, "unix:uid"),
        (Integer) Files.getAttribute(data, "unix:gid"));
  }

  /** Numeric ids. */
  record Owner(int uid, int gid) {}

  String version() throws SQLException {
    try (Connection connection = connect()) {
      return connection.getMetaData().getDatabaseProductVersion();
    }
  }

  @Override
  public void close() {
    engine.close();
  }
}
