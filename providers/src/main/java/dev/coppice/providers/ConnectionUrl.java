package dev.coppice.providers;

import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a connection URL, decoded.
 *
 * @param host a name, an address, or the directory of a unix socket (starts with {@code /})
 * @param parameters libpq's keywords other than those that have a component here
 */
record ConnectionUrl(
    String user,
    @Nullable String password,
    String host,
    int port,
    String database,
    Map<String, String> parameters) {

  /** Keyword to environment variable, as in libpq's documentation, section 34.15. */
  private static final Map<String, String> VARIABLES =
      Map.ofEntries(
          Map.entry("sslmode", "PGSSLMODE"),
          Map.entry("sslrootcert", "PGSSLROOTCERT"),
          Map.entry("sslcert", "PGSSLCERT"),
          Map.entry("sslkey", "PGSSLKEY"),
          Map.entry("sslcrl", "PGSSLCRL"),
          Map.entry("sslsni", "PGSSLSNI"),
          Map.entry("sslnegotiation", "PGSSLNEGOTIATION"),
          Map.entry("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
          Map.entry("channel_binding", "PGCHANNELBINDING"),
          Map.entry("application_name", "PGAPPNAME"),
          Map.entry("options", "PGOPTIONS"),
          Map.entry("connect_timeout", "PGCONNECT_TIMEOUT"),
          Map.entry("passfile", "PGPASSFILE"),
          Map.entry("gssencmode", "PGGSSENCMODE"),
          Map.entry("krbsrvname", "PGKRBSRVNAME"),
          Map.entry("target_session_attrs", "PGTARGETSESSIONATTRS"));

  /** Understood, and without effect on us: the session's encoding and keepalives are ours. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "client_encoding",
          "fallback_application_name",
          "keepalives",
          "keepalives_idle",
          "keepalives_interval",
          "keepalives_count",
          "tcp_user_timeout");

  /** Of Debian, Red Hat, Alpine and macOS. */
  private static final List<String> SYSTEM_CERTIFICATES =
      List.of(
          "/etc/ssl/certs/ca-certificates.crt",
          "/etc/pki/tls/certs/ca-bundle.crt",
          "/etc/ssl/cert.pem");

  private static final Set<String> TLS_MODES =
      Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");

  ConnectionUrl {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }

  static ConnectionUrl parse(String url) {
    return new ConnectionUrlParser(url).parse();
  }

  static boolean known(String keyword) {
    return VARIABLES.containsKey(keyword) || WITHOUT_EFFECT.contains(keyword);
  }

  static boolean knownTlsMode(String mode) {
    return TLS_MODES.contains(mode);
  }

  boolean unixSocket() {
    return host.startsWith("/");
  }

  /** libpq's default is {@code prefer}. */
  String tlsMode() {
    return parameters.getOrDefault("sslmode", "prefer");
  }

  String connectTimeoutSeconds() {
    return parameters.getOrDefault("connect_timeout", "15");
  }

  /** The same address, where {@code prefer} may no longer fall back to a plain connection. */
  ConnectionUrl withTlsMode(String mode) {
    return with("sslmode", mode);
  }

  ConnectionUrl withPassword(String made) {
    return new ConnectionUrl(user, made, host, port, database, parameters);
  }

  ConnectionUrl with(String keyword, String value) {
    Map<String, String> changed = new LinkedHashMap<>(parameters);
    changed.put(keyword, value);
    return new ConnectionUrl(user, password, host, port, database, changed);
  }

  Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("PGHOST", host);
    environment.put("PGPORT", Integer.toString(port));
    environment.put("PGUSER", user);
    environment.put("PGDATABASE", database);
    if (password != null) {
      environment.put("PGPASSWORD", password);
    }
    parameters.forEach((keyword, value) -> {
      String variable = VARIABLES.get(keyword);
      if (variable != null) {
        environment.put(variable, keyword.equals("sslrootcert") ? certificates(value) : value);
      }
    });
    return environment;
  }

  /** Before version 16 libpq does not know what {@code system} is. */
  private static String certificates(String root) {
    return root.equals("system")
        ? SYSTEM_CERTIFICATES.stream()
            .filter(file -> Files.isReadable(Path.of(file)))
            .findFirst()
            .orElse(root)
        : root;
  }

  String jdbcUrl() {
    String shown = unixSocket() ? "localhost" : host.contains(":") ? "[" + host + "]" : host;
    return "jdbc:postgresql://"
        + shown
        + ":"
        + port
        + "/"
        + URLEncoder.encode(database, StandardCharsets.UTF_8);
  }

  Properties jdbcProperties() {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    if (password != null) {
      properties.setProperty("password", password);
    }
    properties.setProperty(
        "ApplicationName", parameters.getOrDefault("application_name", "coppice"));
    String seconds = connectTimeoutSeconds();
    properties.setProperty("connectTimeout", seconds);
    properties.setProperty("loginTimeout", seconds);
    properties.setProperty("tcpKeepAlive", "true");
    pass(properties, "options", "options");
    pass(properties, "channel_binding", "channelBinding");
    pass(properties, "krbsrvname", "kerberosServerName");
    if (unixSocket()) {
      LocalSessions.useUnixSocket(properties, host, port);
    } else {
      addTls(properties);
    }
    return properties;
  }

  private void addTls(Properties properties) {
    String mode = tlsMode();
    String root = parameters.get("sslrootcert");
    if (root != null && root.equals("system")) {
      properties.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory");
      mode = "verify-full";
    } else if (root != null) {
      properties.setProperty("sslrootcert", root);
      // As libpq does: a given root certificate is meant to be checked.
      mode = mode.equals("require") ? "verify-ca" : mode;
    }
    properties.setProperty("sslmode", mode);
    pass(properties, "sslcert", "sslcert");
    pass(properties, "sslkey", "sslkey");
    if ("direct".equals(parameters.get("sslnegotiation"))) {
      properties.setProperty("sslNegotiation", "direct");
    }
  }

  private void pass(Properties properties, String keyword, String property) {
    String value = parameters.get(keyword);
    if (value != null) {
      properties.setProperty(property, value);
    }
  }

  /** Strict percent-decoding; throws {@link IllegalArgumentException}. */
  static String decode(String text) {
    byte[] raw = text.getBytes(StandardCharsets.UTF_8);
    byte[] bytes = new byte[raw.length];
    int length = 0;
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] != '%') {
        bytes[length++] = raw[i];
        continue;
      }
      int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
      int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
      if (high < 0 || low < 0 || (high == 0 && low == 0)) {
        throw new IllegalArgumentException("a percent sign is not followed by two hex digits");
      }
      bytes[length++] = (byte) (high << 4 | low);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, 0, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("a percent-encoded part is not UTF-8", e);
    }
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A URL again, without the password. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("postgres://").append(encode(user));
    if (password != null) {
      text.append(":***");
    }
    text.append('@').append(host.contains(":") ? "[" + host + "]" : unixSocket() ? "" : host);
    text.append(':').append(port).append('/').append(encode(database));
    char separator = '?';
    if (unixSocket()) {
      text.append(separator).append("host=").append(host);
      separator = '&';
    }
    for (Map.Entry<String, String> parameter : parameters.entrySet()) {
      boolean secret = parameter.getKey().toLowerCase(Locale.ROOT).contains("password");
      text.append(separator)
          .append(parameter.getKey())
          .append('=')
          .append(secret ? "***" : encode(parameter.getValue()));
      separator = '&';
    }
    return text.toString();
  }
}
