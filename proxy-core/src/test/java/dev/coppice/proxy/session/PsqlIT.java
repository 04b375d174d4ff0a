package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coppice.proxy.ProxyConfig.TlsFiles;
import dev.coppice.proxy.tls.GeneratedCertificate;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakGuard.class)
class PsqlIT {

  private static final String WHERE = "SELECT current_user, current_database()";

  @RegisterExtension static final SharedProxy PROXY = new SharedProxy();

  @ParameterizedTest
  @ValueSource(strings = {"disable", "prefer", "require"})
  void queriesWithAndWithoutTls(String sslmode) {
    assertThat(PROXY.fixture().psql("user=app.pr-1 dbname=shop sslmode=" + sslmode, WHERE))
        .isEqualTo("app|shop");
  }

  @ParameterizedTest
  @EnumSource
  void closingTheProxyEndsItsSessions(Transport transport) {
    assumeTrue(transport.isAvailable(), () -> transport + " is not available on this machine");
    for (int round = 0; round < 10; round++) {
      assertThat(PROXY.fixture().psql(transport, "user=app.pr-1", "SELECT 1")).isEqualTo("1");
      assertThat(PROXY.fixture().branches.closed).hasValue(PROXY.fixture().branches.opened.get());
    }
  }

  @ParameterizedTest
  @EnumSource
  void queriesOverEveryTransport(Transport transport) {
    assumeTrue(transport.isAvailable(), () -> transport + " is not available on this machine");
    for (String sslmode : List.of("disable", "require")) {
      assertThat(
              PROXY
                  .fixture()
                  .psql(
                      transport, "user=app.pr-1 sslmode=" + sslmode, "SELECT repeat('x', 3000000)"))
          .hasSize(3_000_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "127.0.0.1"})
  void verifiesTheGeneratedCertificate(String host) {
    String trusted =
        " sslmode=verify-full channel_binding=require sslrootcert="
            + PROXY.fixture().tlsDirectory.resolve("ca.crt");
    assertThat(PROXY.fixture().psql("host=" + host + " user=app.pr-1" + trusted, WHERE))
        .isEqualTo("app|shop");
  }

  @Test
  void verifiesACertificateThatTheProxyWasGiven(@TempDir Path directory) {
    TlsFiles given = GeneratedCertificate.in(directory, Optional.empty(), Clock.systemUTC());
    String strict = "host=localhost user=app.pr-1 sslmode=verify-full channel_binding=require";
    assertThat(
            PROXY
                .fixture()
                .psql(given, strict + " sslrootcert=" + directory.resolve("ca.crt"), WHERE))
        .isEqualTo("app|shop");
    Path others = PROXY.fixture().tlsDirectory.resolve("ca.crt");
    assertThat(PROXY.fixture().psql(given, strict + " sslrootcert=" + others, WHERE))
        .contains("certificate verify failed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "user=app.pr-1",
        "user=app.pr-1 dbname=shop",
        "user=app dbname=shop@pr-1",
        "user=app dbname=@pr-1",
        "user=app options='-c coppice.branch=pr-1'",
        "user=app options='-c geqo=off --coppice.branch=pr-1 -c work_mem=5MB'",
        "user=app.pr-1 dbname=shop@pr-1 options=-ccoppice.branch=pr-1",
        "user=app host=pr-1.coppice.test hostaddr=127.0.0.1 sslmode=require",
      })
  void eachCarrierLeadsToTheBranch(String connection) {
    assertThat(PROXY.fixture().psql(connection, WHERE)).isEqualTo("app|shop");
  }

  @Test
  void otherOptionsReachTheEngine() {
    assertThat(
            PROXY
                .fixture()
                .psql(
                    "user=app options='-c work_mem=5MB -ccoppice.branch=pr-1 -c my.setting=a\\\\ b'"
                        + " application_name=shop-ci",
                    "SELECT current_setting('work_mem'), current_setting('my.setting'),"
                        + " current_setting('coppice.branch', true) IS NULL,"
                        + " current_setting('application_name')"))
        .isEqualTo("5MB|a b|t|shop-ci");
  }

  @Test
  void anotherDatabaseOnTheSameBranch() {
    assertThat(PROXY.fixture().psql("user=app.pr-1 dbname=postgres", WHERE))
        .isEqualTo("app|postgres");
  }

  @Test
  void carriersThatDisagree() {
    assertThat(PROXY.fixture().psql("user=app.pr-1 dbname=shop@pr-2", WHERE))
        .contains("the user name names branch \"pr-1\" but the database name names branch \"pr-2\"")
        .contains("HINT:");
    assertThat(
            PROXY
                .fixture()
                .psql("user=app.a host=b.coppice.test hostaddr=127.0.0.1 sslmode=require", WHERE))
        .contains("the host name names branch \"b\" but the user name names branch \"a\"");
  }

  @Test
  void noBranch() {
    assertThat(PROXY.fixture().psql("user=app dbname=shop", WHERE))
        .contains("does not say which branch", "<role>.<branch>");
  }

  @Test
  void anUnknownBranch() {
    assertThat(PROXY.fixture().psql("user=app.nope", WHERE))
        .contains("branch \"nope\" does not exist", "HINT:  `coppice branch list`");
  }

  @Test
  void aWrongPassword() {
    assertThat(PROXY.fixture().psql("wrong", "user=app.pr-1", WHERE))
        .contains("password authentication failed for role \"app\" on branch \"pr-1\"")
        .contains("coppice url pr-1");
  }

  @Test
  void anUnknownDatabaseIsTheEnginesOwnError() {
    assertThat(PROXY.fixture().psql("user=app.pr-1 dbname=absent", WHERE))
        .endsWith("FATAL:  database \"absent\" does not exist");
  }

  @Test
  void aLongAnswerArrivesWhole() {
    assertThat(PROXY.fixture().psql("user=app.pr-1", "SELECT repeat('x', 30000000)"))
        .hasSize(30_000_000);
    assertThat(
            PROXY.fixture().psql("user=app.pr-1 sslmode=disable", "SELECT repeat('x', 30000000)"))
        .hasSize(30_000_000);
  }
}
