package dev.coppice.providers.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.providers.LocalEngine;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.PullReport;
import dev.coppice.providers.Source;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.SourceException;
import dev.coppice.providers.SourceFailure;
import dev.coppice.providers.testing.Certificates;
import dev.coppice.providers.testing.LookAlike;
import dev.coppice.providers.testing.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkClientException;

/** Only encrypted connections, an authority of one's own, and tokens for passwords. */
class RdsLoginIT {

  /** A session token makes the password longer than a kilobyte, as it is with a real one. */
  private static final AwsCredentialsProvider CREDENTIALS =
      StaticCredentialsProvider.create(
          AwsSessionCredentials.create("AKIDEXAMPLE", "secret", "session/".repeat(150)));

  private static final Provider RDS =
      new AwsRds(
          () -> CREDENTIALS, Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC));

  @TempDir private static Path directory;
  @AutoClose private static PostgresServer server;
  @AutoClose private static PostgresServer engine;
  private static Certificates certificates;
  private static Certificates others;

  @BeforeAll
  static void start() throws Exception {
    server = LookAlike.RDS.start();
    engine = PostgresServer.start("coppice");
    certificates =
        Certificates.create(Files.createDirectory(directory.resolve("a")), "dns:localhost");
    others = Certificates.create(Files.createDirectory(directory.resolve("b")), "dns:localhost");
    server.encrypt(certificates);
    server.access("hostssl all +rds_iam all password\nhostnossl all all all reject");
    String token =
        RDS.passwords(new Location("localhost", server.port()), "auditor").orElseThrow().next();
    assertThat(token).hasSizeGreaterThan(1024);
    server.execute(
        "postgres",
        "CREATE ROLE auditor LOGIN IN ROLE rds_iam, pg_read_all_data PASSWORD '" + token + "'");
  }

  @Test
  void everyConnectionOfAPullLogsInWithATokenAndVerifiesTheServer() {
    PullReport report =
        source("sslrootcert=" + certificates.authority(), RDS)
            .pull(
                new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
                new PullOptions(2),
                event -> {});

    assertThat(report.rows()).isEqualTo(20_500);
  }

  @Test
  void aServerOfAnotherAuthorityGetsNoToken() {
    SourceException e = refused("sslrootcert=" + others.authority(), RDS);
    assertThat(e.failure()).isEqualTo(SourceFailure.TLS_FAILED);
  }

  @Test
  void withoutItsBundleNothingIsSent() {
    SourceException e = refused("application_name=x", RDS);
    assertThat(e.failure()).isEqualTo(SourceFailure.TLS_FAILED);
    assertThat(e.hint()).contains("global-bundle.pem", "sslmode=verify-full");
  }

  @Test
  void withoutCredentialsItSaysSo() {
    Provider without =
        new AwsRds(
            () ->
                () -> {
                  throw SdkClientException.create("none found");
                },
            Clock.systemUTC());
    SourceException e = refused("sslrootcert=" + certificates.authority(), without);
    assertThat(e.failure()).isEqualTo(SourceFailure.AUTHENTICATION_FAILED);
    assertThat(e.hint()).contains("AWS_ACCESS_KEY_ID");
  }

  private static SourceException refused(String parameters, Provider provider) {
    return catchThrowableOfType(SourceException.class, () -> source(parameters, provider).check());
  }

  private static Source source(String parameters, Provider provider) {
    return Source.at(
        SourceAddress.parse(
            "postgres://auditor@localhost:%d/shop?%s".formatted(server.port(), parameters)),
        Optional.of(provider));
  }
}
