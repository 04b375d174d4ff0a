package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coppice.providers.testing.Certificates;
import dev.coppice.providers.testing.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A source that only accepts encrypted connections, with a certificate for {@code localhost}. */
class TlsSourceIT {

  @TempDir private static Path directory;
  @AutoClose private static PostgresServer source;
  @AutoClose private static PostgresServer engine;
  private static Certificates certificates;
  private static Certificates others;

  @BeforeAll
  static void start() throws Exception {
    source = PostgresServer.start("postgres");
    engine = PostgresServer.start("coppice");
    certificates =
        Certificates.create(Files.createDirectory(directory.resolve("a")), "dns:localhost");
    others = Certificates.create(Files.createDirectory(directory.resolve("b")), "dns:localhost");
    source.execute("postgres", "CREATE ROLE reader LOGIN PASSWORD 'reader'");
    source.execute("postgres", "CREATE DATABASE shop");
    source.execute(
        "shop",
        "CREATE TABLE item AS SELECT g FROM generate_series(1, 10) g;"
            + " GRANT SELECT ON item TO reader");
    source.encrypt(certificates);
    source.access("hostnossl all reader all reject");
  }

  @Test
  void verifyFullPullsWithTheRightAuthority() throws SQLException {
    PullReport report =
        Source.at(
                address("localhost", "sslmode=verify-full&sslrootcert=" + certificates.authority()))
            .pull(
                new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser()),
                new PullOptions(2),
                event -> {});

    assertThat(report.rows()).isEqualTo(10);
    try (Connection session = engine.connect("shop")) {
      assertThat(Query.text(session, "SELECT count(*) FROM item")).isEqualTo("10");
    }
  }

  @Test
  void requireAndPreferEncrypt() {
    for (String parameters : new String[] {"sslmode=require", "sslmode=prefer", ""}) {
      SourceCheck check = Source.at(address("127.0.0.1", parameters)).check();
      assertThat(check.passed()).as(check.items().toString()).isTrue();
    }
  }

  @Test
  void anotherHostNameIsRefused() {
    SourceException e =
        refused("127.0.0.1", "sslmode=verify-full&sslrootcert=" + certificates.authority());
    assertThat(e).hasMessageContaining("127.0.0.1");
    assertThat(e.hint()).contains("sslmode", "certificate");
    // The authority is the right one; only the name is not looked at.
    assertThat(
            Source.at(
                    address(
                        "127.0.0.1", "sslmode=verify-ca&sslrootcert=" + certificates.authority()))
                .check()
                .passed())
        .isTrue();
  }

  @Test
  void anotherAuthorityIsRefused() {
    for (String mode : new String[] {"verify-full", "verify-ca", "require"}) {
      SourceException e =
          refused("localhost", "sslmode=" + mode + "&sslrootcert=" + others.authority());
      assertThat(e.hint()).as(mode).contains("sslrootcert");
    }
  }

  @Test
  void aPlainConnectionIsRefusedWithTheWayToEncryptIt() {
    SourceException e = refused("localhost", "sslmode=disable");
    assertThat(e.hint()).contains("sslmode=require");
  }

  private static SourceException refused(String host, String parameters) {
    SourceException e =
        catchThrowableOfType(
            SourceException.class, () -> Source.at(address(host, parameters)).check());
    assertThat(e).as(parameters).isNotNull();
    assertThat(e.failure()).as(parameters).isEqualTo(SourceFailure.TLS_FAILED);
    return e;
  }

  private static SourceAddress address(String host, String parameters) {
    String url = source.url("reader", "reader", "shop").replace("127.0.0.1", host);
    return SourceAddress.parse(parameters.isEmpty() ? url : url + "?" + parameters);
  }
}
