package dev.coppice.server.cli;

import dev.coppice.server.config.SettingKey;
import dev.coppice.server.config.Settings;
import dev.coppice.server.config.SettingsReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that stand for settings; each overrides the environment and the file. */
final class SettingOptions {
  @Option(names = "--config", paramLabel = "FILE", description = "Settings as YAML.")
  private @Nullable Path config;

  @Option(names = "--data-dir", paramLabel = "DIR", description = "Default: ~/.coppice.")
  private @Nullable String dataDirectory;

  @Option(names = "--run-dir", paramLabel = "DIR", description = "Mount point and sockets.")
  private @Nullable String runDirectory;

  @Option(
      names = "--postgres-listen",
      paramLabel = "HOST:PORT",
      description = "Default: 127.0.0.1:7432.")
  private @Nullable String postgresListen;

  @Option(
      names = "--http-listen",
      paramLabel = "HOST:PORT",
      description = "Default: 127.0.0.1:7480.")
  private @Nullable String httpListen;

  @Option(
      names = "--domain",
      paramLabel = "NAME",
      description = "The name under which clients reach this server.")
  private @Nullable String domain;

  @Option(
      names = "--allow-superuser",
      arity = "0",
      description = "Let branches be created whose role is a superuser.")
  private boolean allowSuperuser;

  @Option(
      names = "--warm-engines",
      paramLabel = "COUNT",
      description = "Engines kept started for new branches of each source (default: 2).")
  private @Nullable String warmEngines;

  @Option(
      names = "--idle-timeout",
      paramLabel = "DURATION",
      description = "Suspend a branch without connections after this long (default: 5m).")
  private @Nullable String idleTimeout;

  @Option(names = "--engine-user", paramLabel = "USER", description = "Whom engines run as.")
  private @Nullable String engineUser;

  @Option(
      names = "--postgres-directory",
      paramLabel = "DIR",
      description = "A Postgres installation to prefer; may be given more than once.")
  private List<String> postgresDirectories = new ArrayList<>();

  Settings read() {
    return read(System.getenv(), Map.of());
  }

  /**
   * @param standards what counts where nothing else is said, in place of the usual
   */
  Settings read(Map<String, String> environment, Map<SettingKey, String> standards) {
    Map<SettingKey, List<String>> flags = new EnumMap<>(SettingKey.class);
    put(flags, SettingKey.DATA_DIR, dataDirectory);
    put(flags, SettingKey.RUN_DIR, runDirectory);
    put(flags, SettingKey.POSTGRES_LISTEN, postgresListen);
    put(flags, SettingKey.HTTP_LISTEN, httpListen);
    put(flags, SettingKey.DOMAIN, domain);
    put(flags, SettingKey.ALLOW_SUPERUSER, allowSuperuser ? "true" : null);
    put(flags, SettingKey.WARM_ENGINES, warmEngines);
    put(flags, SettingKey.IDLE_TIMEOUT, idleTimeout);
    put(flags, SettingKey.ENGINE_USER, engineUser);
    if (!postgresDirectories.isEmpty()) {
      flags.put(SettingKey.POSTGRES_DIRECTORIES, postgresDirectories);
    }
    standards.forEach((key, text) -> {
      if (!environment.containsKey(key.variable())) {
        flags.putIfAbsent(key, List.of(text));
      }
    });
    Optional<String> named =
        Optional.ofNullable(environment.get("COPPICE_CONFIG")).filter(text -> !text.isBlank());
    return SettingsReader.read(
        Optional.ofNullable(config).or(() -> named.map(Path::of)), environment, flags);
  }

  private static void put(
      Map<SettingKey, List<String>> flags, SettingKey key, @Nullable String text) {
    if (text != null) {
      flags.put(key, List.of(text));
    }
  }
}
