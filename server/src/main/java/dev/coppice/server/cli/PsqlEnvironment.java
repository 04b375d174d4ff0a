package dev.coppice.server.cli;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A connection string as libpq's variables
 * (https://www.postgresql.org/docs/current/libpq-envars.html).
 */
final class PsqlEnvironment {
  private static final Pattern URL =
      Pattern.compile(
          "postgres://(?<user>[^:@/]+):(?<password>[^@/]*)@\\[?(?<host>[^/\\]]+?)]?:(?<port>\\d+)"
              + "/(?<database>[^?]*)\\?sslmode=(?<sslmode>[a-z-]+)");

  /** What would lead elsewhere, since libpq prefers it to the variables set here. */
  private static final List<String> ELSEWHERE = List.of("PGSERVICE", "PGHOSTADDR", "PGREQUIRESSL");

  private PsqlEnvironment() {}

  /**
   * @param url of a branch, with its password
   */
  static void set(Map<String, String> environment, String url) {
    Matcher parts = URL.matcher(url);
    if (!parts.matches()) {
      throw new IllegalStateException("not a branch's connection string");
    }
    environment.keySet().removeAll(ELSEWHERE);
    environment.put("PGHOST", parts.group("host"));
    environment.put("PGPORT", parts.group("port"));
    environment.put("PGUSER", decoded(parts.group("user")));
    environment.put("PGPASSWORD", decoded(parts.group("password")));
    environment.put("PGDATABASE", decoded(parts.group("database")));
    environment.put("PGSSLMODE", parts.group("sslmode"));
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
