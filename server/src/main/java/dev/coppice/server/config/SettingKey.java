package dev.coppice.server.config;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Everything that can be set, by its name in {@code coppice.yaml}. */
public enum SettingKey {
  DATA_DIR("data_dir"),
  RUN_DIR("run_dir"),
  POSTGRES_LISTEN("postgres.listen"),
  HTTP_LISTEN("http.listen"),
  DOMAIN("domain"),
  ALLOW_SUPERUSER("allow_superuser"),
  WARM_ENGINES("warm_engines"),
  IDLE_TIMEOUT("idle_timeout"),
  WAKE_TIMEOUT("wake_timeout"),
  TURN_TIMEOUT("turn_timeout"),
  ENGINE_MEMORY("engine_memory"),
  SESSION_REUSE("session_reuse"),
  LIMITS_CONNECTIONS("limits.connections"),
  LIMITS_CONNECTIONS_PER_BRANCH("limits.connections_per_branch"),
  LIMITS_CONNECTIONS_PER_ADDRESS("limits.connections_per_address"),
  LIMITS_HANDSHAKE_TIME("limits.handshake_time"),
  LIMITS_HANDSHAKE_BYTES("limits.handshake_bytes"),
  LIMITS_FAILED_LOGINS("limits.failed_logins"),
  LIMITS_FAILED_LOGINS_PAUSE("limits.failed_logins_pause"),
  LIMITS_SESSION_IDLE("limits.session_idle"),
  LIMITS_TRANSACTION_IDLE("limits.transaction_idle"),
  SNAPSHOT_INTERVAL("snapshot_interval"),
  REFRESH_INTERVAL("refresh_interval"),
  SNAPSHOT_RETENTION("snapshot_retention"),
  ENGINE_USER("engine_user"),
  POSTGRES_DIRECTORIES("postgres_directories"),
  EMBEDDED_ARCHIVES("embedded_archives"),
  TLS_CERTIFICATE("tls.certificate"),
  TLS_KEY("tls.key");

  private final String path;

  SettingKey(String path) {
    this.path = path;
  }

  /** Its place in the file, dots between the levels. */
  public String path() {
    return path;
  }

  /** The environment variable that overrides the file, {@code COPPICE_HTTP_LISTEN} for example. */
  public String variable() {
    return "COPPICE_" + path.replace('.', '_').toUpperCase(Locale.ROOT);
  }

  static Optional<SettingKey> at(String path) {
    return Arrays.stream(values()).filter(key -> key.path.equals(path)).findFirst();
  }

  /** The known key that a mistyped one most probably means. */
  static SettingKey nearest(String path) {
    return Arrays.stream(values())
        .min(Comparator.comparingInt(key -> distance(path, key.path)))
        .orElseThrow();
  }

  /** Levenshtein's edit distance. */
  static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] current = new int[b.length() + 1];
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[b.length()];
  }
}
