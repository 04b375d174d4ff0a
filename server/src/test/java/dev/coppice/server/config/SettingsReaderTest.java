package dev.coppice.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsReaderTest {
  @TempDir Path directory;

  private static final Map<String, String> HOME = Map.of("HOME", "/home/ada");

  @Test
  void theStandardsNeedNoFile() {
    Settings settings = SettingsReader.read(Optional.empty(), HOME, Map.of());

    assertThat(settings.dataDirectory()).isEqualTo(Path.of("/home/ada/.coppice"));
    assertThat(settings.postgresListen()).hasToString("127.0.0.1:7432");
    assertThat(settings.httpListen()).hasToString("127.0.0.1:7480");
    assertThat(settings.allowSuperuser()).isFalse();
    assertThat(settings.tls()).isEmpty();
    assertThat(settings.runDirectory().toString()).hasSizeLessThan(40);
  }

  @Test
  void everyKeyIsReadFromTheFile() throws IOException {
    Path pem = Files.createFile(directory.resolve("some.pem"));
    Path file =
        file(
            """
            data_dir: %s/data
            run_dir: %s/run
            postgres:
              listen: "[::1]:5999"
            http:
              listen: 0.0.0.0:80
            domain: branches.example.org
            allow_superuser: true
            warm_engines: 7
            idle_timeout: 1h30m
            wake_timeout: 20s
            session_reuse: never
            limits:
              connections: 300
              connections_per_branch: 200
              connections_per_address: 100
              handshake_time: 10s
              handshake_bytes: 32KiB
              failed_logins: 5
              failed_logins_pause: 30s
              session_idle: 1h
              transaction_idle: 5m
            turn_timeout: 2m
            engine_memory: 4GB
            snapshot_retention: 7d
            snapshot_interval: 2m
            refresh_interval: 3h
            engine_user: pg
            postgres_directories: [%s]
            embedded_archives: %s
            tls:
              certificate: %s
              key: %s
            """
                .formatted(directory, directory, directory, directory, pem, pem));

    Settings settings = SettingsReader.read(Optional.of(file), HOME, Map.of());

    assertThat(settings)
        .isEqualTo(
            new Settings(
                directory.resolve("data"),
                directory.resolve("run"),
                new ListenAddress("::1", 5999),
                new ListenAddress("0.0.0.0", 80),
                Optional.of("branches.example.org"),
                true,
                7,
                Duration.ofMinutes(90),
                Duration.ofSeconds(20),
                Duration.ofMinutes(2),
                4_000_000_000L,
                Duration.ZERO,
                new Settings.Connections(300, 200, 100),
                new Settings.Logins(Duration.ofSeconds(10), 32 << 10, 5, Duration.ofSeconds(30)),
                new Settings.Idle(Duration.ofHours(1), Duration.ofMinutes(5)),
                Optional.of(Duration.ofDays(7)),
                Duration.ofMinutes(2),
                Optional.of(Duration.ofHours(3)),
                Optional.of("pg"),
                List.of(directory),
                directory,
                Optional.of(new Settings.TlsFiles(pem, pem))));
  }

  @Test
  void flagsOverrideTheEnvironmentWhichOverridesTheFile() throws IOException {
    Path file = file("warm_engines: 1\nidle_timeout: 1m\nwake_timeout: 1m\n");

    Settings settings =
        SettingsReader.read(
            Optional.of(file),
            Map.of("COPPICE_WARM_ENGINES", "2", "COPPICE_IDLE_TIMEOUT", "2m"),
            Map.of(SettingKey.WARM_ENGINES, List.of("3")));

    assertThat(settings.warmEngines()).isEqualTo(3);
    assertThat(settings.idleTimeout()).isEqualTo(Duration.ofMinutes(2));
    assertThat(settings.wakeTimeout()).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void snapshotsOfSourcesStayForAWhileOrForever() {
    assertThat(retention(Map.of())).hasValue(Duration.ofDays(3));
    assertThat(retention(Map.of("COPPICE_SNAPSHOT_RETENTION", "2h"))).hasValue(Duration.ofHours(2));
    assertThat(retention(Map.of("COPPICE_SNAPSHOT_RETENTION", "never"))).isEmpty();
  }

  private static Optional<Duration> retention(Map<String, String> environment) {
    return SettingsReader.read(Optional.empty(), environment, Map.of()).snapshotRetention();
  }

  @Test
  void allProblemsAreToldAtOnce() throws IOException {
    Path file =
        file(
            """
            postgres:
              lisen: 127.0.0.1:7432
            alow_superuser: true
            warm_engines: many
            http: 7480
            tls:
              key: /does/not/exist
            """);

    ServerException thrown =
        catchThrowableOfType(
            ServerException.class,
            () ->
                SettingsReader.read(
                    Optional.of(file),
                    Map.of("COPPICE_IDLE_TIMEOUT", "soon"),
                    Map.of(SettingKey.HTTP_LISTEN, List.of("nowhere"))));

    assertThat(thrown.failure()).isEqualTo(ServerFailure.CONFIG_INVALID);
    assertThat(thrown)
        .hasMessageContaining("unknown key \"postgres.lisen\"; did you mean \"postgres.listen\"?")
        .hasMessageContaining("did you mean \"allow_superuser\"?")
        .hasMessageContaining("warm_engines: expected a number from 0 to 64, not \"many\"")
        .hasMessageContaining("\"http\" is a section")
        .hasMessageContaining("COPPICE_IDLE_TIMEOUT: expected a duration")
        .hasMessageContaining("--http-listen: expected host:port")
        .hasMessageContaining("/does/not/exist cannot be read")
        .hasMessageContaining("tls.certificate and tls.key belong together");
  }

  @Test
  void anotherDataDirectoryHasAnotherRunDirectory() {
    Path one = RunDirectory.standard(Path.of("/data/one"), Map.of());
    Path two = RunDirectory.standard(Path.of("/data/two"), Map.of());

    assertThat(one)
        .isNotEqualTo(two)
        .isEqualTo(RunDirectory.standard(Path.of("/data/one"), Map.of()));
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("coppice.yaml"), text);
  }
}
