package dev.coppice.providers;

import dev.coppice.providers.profile.Passwords;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import org.postgresql.Driver;

/**
 * Opens sessions on a source. Whether the first one was encrypted decides for all later ones: none
 * of them falls back.
 */
final class SourceSessions {

  private static final String SETTINGS =
      """
      SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
      SET default_transaction_read_only = on; SET row_security = off;
      SET synchronize_seqscans = off; SET jit = off; SET DateStyle = 'ISO, MDY';
      SET IntervalStyle = 'postgres'; SET lc_monetary = 'C'; SET bytea_output = 'hex';
      SET client_min_messages = warning; SET search_path = '';
      SELECT set_config(name, '0', false) FROM pg_settings
      WHERE name IN ('transaction_timeout', 'idle_session_timeout', 'tcp_user_timeout')
      """;

  private static final String REPLICATION_OPTIONS =
      " -c DateStyle=ISO,MDY -c IntervalStyle=postgres -c extra_float_digits=3 -c lc_monetary=C"
          + " -c bytea_output=hex";

  private static final int USUAL_TIMEOUT_SECONDS = 15;

  /** How long the end of a session waits until the source has heard that it is to stop. */
  private static final String CANCEL_SECONDS = "2";

  private final PullScope scope;
  private final Optional<Passwords> passwords;
  private ConnectionUrl url;

  /** 0 for as long as it takes. */
  private int answerSeconds;

  SourceSessions(Approach approach, PullScope scope) {
    this.url = approach.url();
    this.passwords = approach.passwords();
    this.scope = scope;
  }

  /**
   * From now on sessions fail if an answer takes longer than three times the URL's {@code
   * connect_timeout}: a network that has gone silent tells nobody.
   */
  SourceSessions requiringAnswers() {
    int seconds = Integer.parseInt(url.connectTimeoutSeconds());
    answerSeconds = 3 * (seconds > 0 ? seconds : USUAL_TIMEOUT_SECONDS);
    return this;
  }

  /** The address with the TLS mode that the first session has settled. */
  ConnectionUrl url() {
    return url;
  }

  /** The same with a password that is good for the next login. */
  ConnectionUrl login() {
    return withPassword(url());
  }

  private ConnectionUrl withPassword(ConnectionUrl target) {
    try {
      return passwords.map(source -> target.withPassword(source.next())).orElse(target);
    } catch (IllegalStateException e) {
      throw new SourceException(
          SourceFailure.AUTHENTICATION_FAILED,
          "The URL has no password, and none could be made for role %s: %s"
              .formatted(target.user(), e.getMessage()),
          "Write a password into the URL, or give this process credentials of an AWS user who may"
              + " rds-db:connect (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the"
              + " role of the machine).",
          e);
    }
  }

  /**
   * A session that only reads, with text forms as {@code pg_dump} sets them. How long a statement
   * may take is for the source to say; how long we may be idle is not.
   */
  Connection open() {
    return open("UTF8");
  }

  Connection open(String clientEncoding) {
    Connection connection = connect();
    try {
      Query.run(connection, SETTINGS);
      if (!clientEncoding.equals("UTF8")) {
        Query.run(connection, "SET client_encoding = " + SqlText.literal(clientEncoding));
      }
      return connection;
    } catch (SQLException e) {
      scope.close(connection);
      throw ConnectFailure.of(url, e);
    }
  }

  /** A session that may write: for what following needs on the source, and nothing else. */
  Connection openWriting() {
    Connection connection = open();
    try {
      Query.run(connection, "SET default_transaction_read_only = off");
      return connection;
    } catch (SQLException e) {
      scope.close(connection);
      throw ConnectFailure.of(url, e);
    }
  }

  /** A session that speaks the replication protocol, with text forms as {@link #open} sets them. */
  Connection openReplication() {
    Properties properties = new Properties();
    properties.setProperty("replication", "database");
    properties.setProperty("assumeMinServerVersion", "10");
    String options = url.parameters().getOrDefault("options", "");
    properties.setProperty("options", (options + REPLICATION_OPTIONS).strip());
    return connect(properties);
  }

  void close(Connection connection) {
    scope.close(connection);
  }

  private Connection connect() {
    return connect(new Properties());
  }

  private synchronized Connection connect(Properties more) {
    if (url.unixSocket() || !url.tlsMode().equals("prefer")) {
      return connectAs(url, more);
    }
    try {
      ConnectionUrl encrypted = url.withTlsMode("require");
      Connection connection = connectAs(encrypted, more);
      url = encrypted;
      return connection;
    } catch (SourceException e) {
      if (!ConnectFailure.serverHasNoTls(e)) {
        throw e;
      }
      // libpq's "prefer" goes on in the clear here; the preflight warns of it.
      ConnectionUrl plain = url.withTlsMode("disable");
      Connection connection = connectAs(plain, more);
      url = plain;
      return connection;
    }
  }

  private Connection connectAs(ConnectionUrl target, Properties more) {
    Properties properties = withPassword(target).jdbcProperties();
    properties.putAll(more);
    properties.setProperty("allowEncodingChanges", "true");
    properties.setProperty("socketTimeout", Integer.toString(answerSeconds));
    properties.setProperty("cancelSignalTimeout", CANCEL_SECONDS);
    // One round trip, and no prepared statement that a pooler could lose.
    properties.setProperty("preferQueryMode", "simple");
    try {
      return scope.add(new Driver().connect(target.jdbcUrl(), properties));
    } catch (SQLException e) {
      throw ConnectFailure.of(target, e);
    }
  }
}
