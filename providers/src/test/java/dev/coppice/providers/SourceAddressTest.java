package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SourceAddressTest {

  @Test
  void takesEveryPartDecoded() {
    SourceAddress address =
        SourceAddress.parse(
            "postgresql://user.branch%7Creplica:p%40ss%2Fw%3Ard@[2001:db8::1]:6543/d%C3%A4ta"
                + "?sslmode=verify-full&application_name=my%20app&connect_timeout=7"
                + "&options=-c%20geqo%3Doff");
    assertThat(address.user()).isEqualTo("user.branch|replica");
    assertThat(address.host()).isEqualTo("2001:db8::1");
    assertThat(address.port()).isEqualTo(6543);
    assertThat(address.database()).isEqualTo("däta");
    assertThat(address.environment())
        .containsAllEntriesOf(
            Map.of(
                "PGHOST", "2001:db8::1",
                "PGPORT", "6543",
                "PGUSER", "user.branch|replica",
                "PGPASSWORD", "p@ss/w:rd",
                "PGDATABASE", "däta",
                "PGSSLMODE", "verify-full",
                "PGAPPNAME", "my app",
                "PGCONNECT_TIMEOUT", "7",
                "PGOPTIONS", "-c geqo=off"));
  }

  @Test
  void fallsBackAsLibpqDoes() {
    SourceAddress address = SourceAddress.parse("postgres://reader@db.example.org");
    assertThat(address.port()).isEqualTo(5432);
    assertThat(address.database()).isEqualTo("reader");
    assertThat(address.parts().tlsMode()).isEqualTo("prefer");
    assertThat(SourceAddress.parse("postgres:///shop").host()).isEqualTo("localhost");
  }

  @Test
  void reachesUnixSockets() {
    SourceAddress address = SourceAddress.parse("postgres:///shop?host=/run/pg&user=me&port=5999");
    assertThat(address.host()).isEqualTo("/run/pg");
    assertThat(address.parts().unixSocket()).isTrue();
    assertThat(address.parts().jdbcProperties())
        .containsEntry("socketFactoryArg", "/run/pg/.s.PGSQL.5999");
  }

  @Test
  void textFormHidesThePassword() {
    String text =
        SourceAddress.parse("postgres://me:s3cr%3At@h/d?application_name=a%26b").toString();
    assertThat(text).isEqualTo("postgres://me:***@h:5432/d?application_name=a%26b");
    assertThat(SourceAddress.parse("postgres://me@h/d?password=s3cret").toString())
        .doesNotContain("s3cret");
  }

  @Test
  void aGivenRootCertificateIsChecked() {
    assertThat(jdbc("sslmode=require&sslrootcert=/ca.pem")).containsEntry("sslmode", "verify-ca");
    assertThat(jdbc("sslmode=require")).containsEntry("sslmode", "require");
    assertThat(jdbc("sslmode=require&sslrootcert=system")).containsEntry("sslmode", "verify-full");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "mysql://me:s3cret@h/d",
        "postgres:/me:s3cret@h/d",
        "postgres://me:s3cret%zz@h/d",
        "postgres://me:s3cret%00@h/d",
        "postgres://me:s3cret%C3@h/d",
        "postgres://me:s3cret@h:99999/d",
        "postgres://me:s3cret@h:x/d",
        "postgres://me:s3cret@a,b/d",
        "postgres://me:s3cret@[::1/d",
        "postgres://me:s3cret@h/d?sslmode=maybe",
        "postgres://me:s3cret@h/d?sslmode",
        "postgres://me:s3cret@h/d?schema=public",
        "postgres://me:s3cret@h/d?connect_timeout=soon"
      })
  void refusesWhatIsNoUrlWithoutRepeatingIt(String url) {
    SourceException e = catchThrowableOfType(SourceException.class, () -> SourceAddress.parse(url));
    assertThat(e.failure()).isEqualTo(SourceFailure.URL_INVALID);
    assertThat(e.getMessage() + e.hint()).doesNotContain("s3cret");
  }

  private static Map<Object, Object> jdbc(String query) {
    return SourceAddress.parse("postgres://me@h/d?" + query).parts().jdbcProperties();
  }
}
