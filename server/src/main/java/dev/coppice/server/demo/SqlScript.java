package dev.coppice.server.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Runs the statements of a resource beside this class. */
final class SqlScript {
  private SqlScript() {}

  /** Connects to a {@code postgres://} URL with a user and a password in it. */
  static Connection connect(String url) throws SQLException {
    URI uri = URI.create(url);
    String[] user = uri.getRawUserInfo().split(":", 2);
    Properties properties = new Properties();
    properties.setProperty("user", URLDecoder.decode(user[0], StandardCharsets.UTF_8));
    properties.setProperty("password", URLDecoder.decode(user[1], StandardCharsets.UTF_8));
    properties.setProperty("ApplicationName", "coppice demo");
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    return DriverManager.getConnection(
        "jdbc:postgresql://%s:%d%s%s"
            .formatted(uri.getHost(), uri.getPort(), uri.getRawPath(), query),
        properties);
  }

  /** Runs all its statements in one transaction; returns how many rows the last one touched. */
  static long run(Connection connection, String resource) throws SQLException {
    connection.setAutoCommit(false);
    long touched = 0;
    try (Statement statement = connection.createStatement()) {
      boolean rows = statement.execute(text(resource));
      while (rows || statement.getUpdateCount() >= 0) {
        touched = rows ? touched : statement.getUpdateCount();
        rows = statement.getMoreResults();
      }
      connection.commit();
    }
    connection.setAutoCommit(true);
    return touched;
  }

  private static String text(String resource) {
    try (@Nullable InputStream stream = SqlScript.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new IllegalStateException("the resource " + resource + " is missing");
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
