package dev.coppice.branches.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Brings the catalogue's schema to this program's version, one numbered script at a time. */
final class Migrations {

  static final int NEWEST = 9;

  private Migrations() {}

  static void apply(Connection session) throws SQLException {
    session.setAutoCommit(false);
    try (Statement statement = session.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL)");
      int version = version(statement);
      if (version > NEWEST) {
        throw new BranchException(
            BranchFailure.CATALOGUE_FAILED,
            "The catalogue has schema version %d; this program knows %d".formatted(version, NEWEST),
            "Run the version of this program that last used the data directory, or a newer one.");
      }
      for (int next = version + 1; next <= NEWEST; next++) {
        statement.execute(script(next));
        statement.execute("DELETE FROM schema_version");
        statement.execute("INSERT INTO schema_version VALUES (" + next + ")");
      }
      session.commit();
    } finally {
      session.rollback();
      session.setAutoCommit(true);
    }
  }

  private static int version(Statement statement) throws SQLException {
    try (ResultSet rows = statement.executeQuery("SELECT max(version) FROM schema_version")) {
      rows.next();
      return rows.getInt(1);
    }
  }

  private static String script(int version) {
    String name = "V%03d.sql".formatted(version);
    try (InputStream script = Migrations.class.getResourceAsStream(name)) {
      if (script == null) {
        throw new IllegalStateException("missing resource " + name);
      }
      return new String(script.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
