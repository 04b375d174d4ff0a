package dev.coppice.server.config;

import dev.coppice.branches.EngineRoom;
import dev.coppice.proxy.LoginLimits;
import dev.coppice.proxy.ProxyConfig;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** Reads settings from everywhere, and reports everything that is wrong with them at once. */
public final class SettingsReader {
  /** At one each five minutes, the layers of so many snapshots are fewer than a thousand. */
  private static final Duration KEPT = Duration.ofDays(3);

  private final Map<String, String> environment;
  private final List<String> problems = new ArrayList<>();
  private final RawSettings raw = new RawSettings(problems);

  private SettingsReader(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * Flags override the environment, which overrides the file. Throws {@link ServerException} with
   * {@code CONFIG_INVALID}, one line for each problem.
   */
  public static Settings read(
      Optional<Path> file, Map<String, String> environment, Map<SettingKey, List<String>> flags) {
    SettingsReader reader = new SettingsReader(environment);
    file.ifPresent(reader.raw::addFile);
    reader.raw.addEnvironment(environment);
    reader.raw.addFlags(flags);
    return reader.settings();
  }

  private Settings settings() {
    Path data = path(SettingKey.DATA_DIR, DataDirectory.standard(environment));
    Settings settings =
        new Settings(
            data,
            path(SettingKey.RUN_DIR, RunDirectory.standard(data, environment)),
            listen(SettingKey.POSTGRES_LISTEN, "127.0.0.1:7432"),
            listen(SettingKey.HTTP_LISTEN, "127.0.0.1:7480"),
            text(SettingKey.DOMAIN),
            value(SettingKey.ALLOW_SUPERUSER, SettingsReader::flag, "true or false").orElse(false),
            value(SettingKey.WARM_ENGINES, SettingsReader::warmEngines, "a number from 0 to 64")
                .orElse(2),
            duration(SettingKey.IDLE_TIMEOUT, Duration.ofMinutes(5)),
            duration(SettingKey.WAKE_TIMEOUT, Duration.ofSeconds(30)),
            duration(SettingKey.TURN_TIMEOUT, EngineRoom.USUAL_TURN),
            value(SettingKey.ENGINE_MEMORY, SettingsReader::memory, "a size, 4GB for example")
                .orElseGet(EngineRoom::usualMemoryBytes),
            orNever(SettingKey.SESSION_REUSE, ProxyConfig.USUAL_SESSION_REUSE),
            new Settings.Connections(
                count(SettingKey.LIMITS_CONNECTIONS, 5_000),
                count(SettingKey.LIMITS_CONNECTIONS_PER_BRANCH, Integer.MAX_VALUE),
                count(SettingKey.LIMITS_CONNECTIONS_PER_ADDRESS, Integer.MAX_VALUE)),
            new Settings.Logins(
                duration(SettingKey.LIMITS_HANDSHAKE_TIME, Duration.ofSeconds(60)),
                value(
                        SettingKey.LIMITS_HANDSHAKE_BYTES,
                        SettingsReader::handshakeBytes,
                        "a size from 16KiB to 16MiB")
                    .orElse(LoginLimits.USUAL.bytes()),
                count(SettingKey.LIMITS_FAILED_LOGINS, LoginLimits.USUAL.failures()),
                duration(SettingKey.LIMITS_FAILED_LOGINS_PAUSE, LoginLimits.USUAL.pause())),
            new Settings.Idle(
                orNever(SettingKey.LIMITS_SESSION_IDLE, Duration.ZERO),
                orNever(SettingKey.LIMITS_TRANSACTION_IDLE, Duration.ZERO)),
            Optional.of(orNever(SettingKey.SNAPSHOT_RETENTION, KEPT)).filter(Duration::isPositive),
            duration(SettingKey.SNAPSHOT_INTERVAL, Duration.ofMinutes(5)),
            Optional.of(orNever(SettingKey.REFRESH_INTERVAL, Duration.ofHours(1)))
                .filter(Duration::isPositive),
            text(SettingKey.ENGINE_USER),
            directories(SettingKey.POSTGRES_DIRECTORIES),
            path(SettingKey.EMBEDDED_ARCHIVES, EmbeddedArchives.standard()),
            tls());
    if (!problems.isEmpty()) {
      throw new ServerException(
          ServerFailure.CONFIG_INVALID,
          "the configuration cannot be used:\n  " + String.join("\n  ", problems),
          "docs/cli.md lists every setting.");
    }
    return settings;
  }

  private Optional<Settings.TlsFiles> tls() {
    Optional<Path> certificate = readable(SettingKey.TLS_CERTIFICATE);
    Optional<Path> key = readable(SettingKey.TLS_KEY);
    if (raw.get(SettingKey.TLS_CERTIFICATE).isPresent()
        != raw.get(SettingKey.TLS_KEY).isPresent()) {
      problems.add("tls.certificate and tls.key belong together, but only one is set");
    }
    return certificate.flatMap(file -> key.map(other -> new Settings.TlsFiles(file, other)));
  }

  private Optional<Path> readable(SettingKey key) {
    Optional<Path> file = text(key).flatMap(text -> toPath(text));
    file.filter(path -> !Files.isReadable(path))
        .ifPresent(path -> problem(key, "the file %s cannot be read".formatted(path)));
    return file;
  }

  private List<Path> directories(SettingKey key) {
    List<Path> directories = new ArrayList<>();
    for (String text : raw.get(key).map(RawSettings.Value::texts).orElse(List.of())) {
      toPath(text)
          .filter(Files::isDirectory)
          .ifPresentOrElse(
              directories::add, () -> problem(key, "\"%s\" is not a directory".formatted(text)));
    }
    return directories;
  }

  private ListenAddress listen(SettingKey key, String standard) {
    return value(key, ListenAddress::parse, "host:port, 127.0.0.1:7432 for example")
        .or(() -> ListenAddress.parse(standard))
        .orElseThrow();
  }

  private Duration duration(SettingKey key, Duration standard) {
    return duration(key).orElse(standard);
  }

  private Optional<Duration> duration(SettingKey key) {
    return value(key, DurationText::parse, "a duration, 90s, 5m or 2h for example");
  }

  private Path path(SettingKey key, Path standard) {
    return value(key, this::toPath, "a path").orElse(standard).toAbsolutePath().normalize();
  }

  private Optional<String> text(SettingKey key) {
    return value(key, text -> Optional.of(text).filter(t -> !t.isBlank()), "a text");
  }

  private <T> Optional<T> value(
      SettingKey key, Function<String, Optional<T>> parser, String expected) {
    Optional<String> text = raw.get(key).map(value -> value.texts().getLast());
    Optional<T> parsed = text.flatMap(parser);
    if (text.isPresent() && parsed.isEmpty()) {
      problem(key, "expected %s, not \"%s\"".formatted(expected, text.get()));
    }
    return parsed;
  }

  private void problem(SettingKey key, String what) {
    problems.add(raw.get(key).map(RawSettings.Value::origin).orElse(key.path()) + ": " + what);
  }

  private static Optional<Boolean> flag(String text) {
    return switch (text) {
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  private int count(SettingKey key, int standard) {
    return value(
            key,
            text ->
                text.matches("[1-9]\\d{0,5}")
                    ? Optional.of(Integer.parseInt(text))
                    : Optional.empty(),
            "a number from 1 to 999999")
        .orElse(standard);
  }

  /** Zero for never. */
  private Duration orNever(SettingKey key, Duration standard) {
    return value(key, SettingsReader::orNever, "a duration, 90s, 5m or 2h for example, or never")
        .orElse(standard);
  }

  private static Optional<Long> memory(String text) {
    OptionalLong bytes = BytesText.parse(text);
    return bytes.isPresent() && bytes.getAsLong() > 0
        ? Optional.of(bytes.getAsLong())
        : Optional.empty();
  }

  private static Optional<Integer> handshakeBytes(String text) {
    return memory(text).filter(bytes -> bytes >= 16 << 10 && bytes <= 16 << 20).map(Long::intValue);
  }

  private static Optional<Duration> orNever(String text) {
    return text.equals("never") ? Optional.of(Duration.ZERO) : DurationText.parse(text);
  }

  private static Optional<Integer> warmEngines(String text) {
    return text.matches("\\d{1,2}") && Integer.parseInt(text) <= 64
        ? Optional.of(Integer.parseInt(text))
        : Optional.empty();
  }

  private Optional<Path> toPath(String text) {
    try {
      return Optional.of(text)
          .filter(t -> !t.isBlank())
          .map(t -> t.startsWith("~/") ? DataDirectory.home(environment) + t.substring(1) : t)
          .map(Path::of);
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }
}
