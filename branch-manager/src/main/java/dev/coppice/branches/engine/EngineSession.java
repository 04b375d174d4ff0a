package dev.coppice.branches.engine;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** JDBC sessions over an engine's socket. */
public final class EngineSession {

  /** PgJDBC wants a host; the socket factory ignores it. */
  public static final String URL = "jdbc:postgresql://localhost/";

  private EngineSession() {}

  public static Connection superuser(Path socket, String database) throws SQLException {
    return DriverManager.getConnection(URL, properties(socket, database, EngineHost.SUPERUSER));
  }

  public static Properties properties(Path socket, String database, String user) {
    Properties properties = new Properties();
    properties.setProperty("socketFactory", "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg");
    properties.setProperty("socketFactoryArg", socket.toString());
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    properties.setProperty("PGDBNAME", database);
    properties.setProperty("user", user);
    properties.setProperty("ApplicationName", "coppice");
    return properties;
  }
}
