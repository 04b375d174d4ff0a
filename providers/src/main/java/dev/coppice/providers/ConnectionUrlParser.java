package dev.coppice.providers;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes a connection URL apart; what it says of a bad one never repeats the URL. */
final class ConnectionUrlParser {

  private static final int DEFAULT_PORT = 5432;

  private final String url;
  private final Map<String, String> parameters = new LinkedHashMap<>();
  private @Nullable String user;
  private @Nullable String password;
  private @Nullable String host;
  private @Nullable String port;
  private @Nullable String database;

  ConnectionUrlParser(String url) {
    this.url = url;
  }

  ConnectionUrl parse() {
    String rest;
    if (url.startsWith("postgres://")) {
      rest = url.substring("postgres://".length());
    } else if (url.startsWith("postgresql://")) {
      rest = url.substring("postgresql://".length());
    } else {
      throw invalid("it does not start with postgres:// or postgresql://");
    }
    int query = rest.indexOf('?');
    String beforeQuery = query < 0 ? rest : rest.substring(0, query);
    int slash = beforeQuery.indexOf('/');
    authority(slash < 0 ? beforeQuery : beforeQuery.substring(0, slash));
    if (slash >= 0 && slash + 1 < beforeQuery.length()) {
      database = decode(beforeQuery.substring(slash + 1));
    }
    if (query >= 0) {
      query(rest.substring(query + 1));
    }
    return build();
  }

  private void authority(String authority) {
    int at = authority.lastIndexOf('@');
    if (at >= 0) {
      String login = authority.substring(0, at);
      int colon = login.indexOf(':');
      user = decode(colon < 0 ? login : login.substring(0, colon));
      password = colon < 0 ? null : decode(login.substring(colon + 1));
    }
    String place = authority.substring(at + 1);
    if (place.contains(",")) {
      throw invalid("it names several hosts, and a pull needs exactly one");
    }
    int bracket = place.lastIndexOf(']');
    if (place.startsWith("[")) {
      if (bracket < 0) {
        throw invalid("the bracket of its IPv6 address is not closed");
      }
      host = place.substring(1, bracket);
    }
    int colon = place.indexOf(':', Math.max(bracket, 0));
    if (host == null) {
      host = decode(colon < 0 ? place : place.substring(0, colon));
    }
    port = colon < 0 ? null : place.substring(colon + 1);
  }

  private void query(String query) {
    for (String pair : query.split("&", -1)) {
      if (pair.isEmpty()) {
        continue;
      }
      int equals = pair.indexOf('=');
      if (equals < 0) {
        throw invalid("its parameter " + decode(pair) + " has no value");
      }
      parameter(decode(pair.substring(0, equals)), decode(pair.substring(equals + 1)));
    }
  }

  private void parameter(String keyword, String value) {
    switch (keyword) {
      case "user" -> user = value;
      case "password" -> password = value;
      case "host", "hostaddr" -> host = value;
      case "port" -> port = value;
      case "dbname" -> database = value;
      case "ssl" -> parameters.put("sslmode", value.equals("true") ? "require" : "prefer");
      default -> {
        if (!ConnectionUrl.known(keyword)) {
          throw invalid("Postgres' own clients do not know its parameter " + keyword);
        }
        parameters.put(keyword, value);
      }
    }
  }

  private ConnectionUrl build() {
    String mode = parameters.get("sslmode");
    if (mode != null && !ConnectionUrl.knownTlsMode(mode)) {
      throw invalid("its sslmode is not disable, allow, prefer, require, verify-ca or verify-full");
    }
    String timeout = parameters.get("connect_timeout");
    if (timeout != null && !timeout.matches("[0-9]{1,6}")) {
      throw invalid("its connect_timeout is not a number of seconds");
    }
    if (host != null && host.contains(",")) {
      throw invalid("it names several hosts, and a pull needs exactly one");
    }
    String role = or(user, System.getProperty("user.name", "postgres"));
    return new ConnectionUrl(
        role, password, or(host, "localhost"), portNumber(), or(database, role), parameters);
  }

  private int portNumber() {
    String port = or(this.port, Integer.toString(DEFAULT_PORT));
    if (port.matches("[0-9]{1,5}")) {
      int number = Integer.parseInt(port);
      if (number >= 1 && number <= 65535) {
        return number;
      }
    }
    throw invalid("its port is not a number from 1 to 65535");
  }

  private static String or(@Nullable String text, String fallback) {
    return text == null || text.isEmpty() ? fallback : text;
  }

  private String decode(String text) {
    try {
      return ConnectionUrl.decode(text);
    } catch (IllegalArgumentException e) {
      throw invalid(String.valueOf(e.getMessage()));
    }
  }

  private static SourceException invalid(String why) {
    return new SourceException(
        SourceFailure.URL_INVALID,
        "Cannot use this connection URL: " + why + ".",
        "Write postgres://user:password@host:port/database?sslmode=require, and percent-encode"
            + " characters such as @ : / ? # % in user and password.");
  }
}
