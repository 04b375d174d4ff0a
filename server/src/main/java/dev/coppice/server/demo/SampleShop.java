package dev.coppice.server.demo;

import dev.coppice.branches.StandaloneEngine;
import dev.coppice.server.config.Settings;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalInt;

/** A production database to play with: an engine of its own, and a shop that a plain role owns. */
final class SampleShop implements AutoCloseable {
  private static final String SUPERUSER = "postgres";
  private static final String OWNER = "shop_owner";
  private static final String DATABASE = "shop";

  private final StandaloneEngine engine;
  private final String ownerPassword = password();

  private SampleShop(StandaloneEngine engine) {
    this.engine = engine;
  }

  /**
   * @param directory of the database; the engines' user must be able to reach it
   */
  static SampleShop start(Path directory, int major, Settings settings) {
    StandaloneEngine.Config config =
        new StandaloneEngine.Config(
            directory,
            OptionalInt.of(major),
            0,
            SUPERUSER,
            password(),
            // It is thrown away afterwards, so it may be lost in a crash.
            Map.of(
                "fsync", "off",
                "synchronous_commit", "off",
                "full_page_writes", "off",
                "shared_buffers", "128MB",
                "maintenance_work_mem", "128MB",
                "max_wal_size", "4GB"),
            settings.postgresDirectories(),
            settings.embeddedArchives(),
            settings.engineUser());
    return new SampleShop(StandaloneEngine.start(config));
  }

  void createDatabase() throws SQLException {
    try (Connection connection = SqlScript.connect(engine.url("postgres"));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE shop_app NOLOGIN");
      statement.execute("CREATE ROLE shop_support NOLOGIN");
      statement.execute("CREATE ROLE %s LOGIN PASSWORD '%s'".formatted(OWNER, ownerPassword));
      statement.execute("CREATE DATABASE %s OWNER %s".formatted(DATABASE, OWNER));
    }
  }

  /** As its owner, who is an ordinary role. */
  void run(String resource) throws SQLException {
    try (Connection connection = SqlScript.connect(url())) {
      SqlScript.run(connection, resource);
    }
  }

  /** The owner's connection string, password included. */
  String url() {
    return "postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable"
        .formatted(OWNER, ownerPassword, engine.port(), DATABASE);
  }

  @Override
  public void close() {
    engine.close();
  }

  private static String password() {
    byte[] random = new byte[12];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }
}
