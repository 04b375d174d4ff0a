package dev.coppice.providers;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.postgresql.Driver;

/** Opens sessions of the engine that a pull fills, as its superuser, over its unix socket. */
final class LocalSessions {

  /**
   * What the source's ALTER DATABASE … SET must not change for us; and its event triggers and
   * triggers are for what its users do.
   */
  private static final String SETTINGS =
      """
      SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
      SET default_transaction_read_only = off; SET default_transaction_isolation = 'read committed';
      SET row_security = off; SET check_function_bodies = off; SET synchronous_commit = off;
      SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET lc_monetary = 'C';
      SET client_min_messages = warning; SET jit = off; SET search_path = '';
      SET session_replication_role = replica
      """;

  private final LocalEngine engine;
  private final PullScope scope;
  private String encoding = "UTF8";

  LocalSessions(LocalEngine engine, PullScope scope) {
    this.engine = engine;
    this.scope = scope;
  }

  /** The encoding in which rows travel from now on. */
  void encoding(String encoding) {
    this.encoding = encoding;
  }

  Connection open(String database) throws SQLException {
    return open(database, "UTF8");
  }

  Connection openForRows(String database) throws SQLException {
    return open(database, encoding);
  }

  void close(Connection connection) {
    scope.close(connection);
  }

  /** A session whose changes fire no triggers, and whose commits are durable. */
  Connection openForChanges(String database) throws SQLException {
    Properties properties = properties(database);
    // Many statements then travel as one message.
    properties.setProperty("preferQueryMode", "simple");
    Connection connection = connect(database, properties);
    Query.run(
        connection,
        "SET session_replication_role = replica; SET synchronous_commit = on;"
            + " SET standard_conforming_strings = on; SET xmloption = content");
    return connection;
  }

  private Connection open(String database, String clientEncoding) throws SQLException {
    Connection connection = connect(database, properties(database));
    if (!clientEncoding.equals("UTF8")) {
      Query.run(connection, "SET client_encoding = " + SqlText.literal(clientEncoding));
    }
    return connection;
  }

  private Connection connect(String database, Properties properties) throws SQLException {
    Connection connection = scope.add(new Driver().connect(url(database).jdbcUrl(), properties));
    Query.run(connection, SETTINGS);
    return connection;
  }

  private Properties properties(String database) {
    Properties properties = url(database).jdbcProperties();
    properties.setProperty("allowEncodingChanges", "true");
    return properties;
  }

  private ConnectionUrl url(String database) {
    return new ConnectionUrl(
        engine.superuser(),
        null,
        engine.socketDirectory().toString(),
        engine.port(),
        database,
        Map.of("application_name", "coppice pull"));
  }

  /** For pg_restore; its options outrank what the database or the role has set. */
  Map<String, String> environment(String database, String... settings) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("PGHOST", engine.socketDirectory().toString());
    environment.put("PGPORT", Integer.toString(engine.port()));
    environment.put("PGUSER", engine.superuser());
    environment.put("PGDATABASE", database);
    environment.put("PGAPPNAME", "coppice pull");
    StringBuilder options =
        new StringBuilder("-c statement_timeout=0 -c lock_timeout=0")
            .append(" -c default_transaction_read_only=off -c synchronous_commit=off");
    for (String setting : settings) {
      options.append(" -c ").append(setting);
    }
    environment.put("PGOPTIONS", options.toString());
    return environment;
  }

  /** Makes PgJDBC use the socket {@code .s.PGSQL.<port>} in that directory. */
  static void useUnixSocket(Properties properties, String directory, int port) {
    properties.setProperty("socketFactory", "org.newsclub.net.unix.AFUNIXSocketFactory$FactoryArg");
    properties.setProperty("socketFactoryArg", Path.of(directory, ".s.PGSQL." + port).toString());
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
  }
}
