package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConnectFailureTest {

  private static final ConnectionUrl URL = ConnectionUrl.parse("postgres://me:s3cret@h/d");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          28P01 | FATAL: password authentication failed for user "me" | AUTHENTICATION_FAILED
          08P01 | FATAL: SASL authentication failed | AUTHENTICATION_FAILED
          08004 | The server requested SCRAM, but no password was provided. | AUTHENTICATION_FAILED
          28000 | FATAL: no pg_hba.conf entry for host "::1", no encryption | TLS_FAILED
          08004 | The server does not support SSL. | TLS_FAILED
          3D000 | FATAL: database "d" does not exist | DATABASE_MISSING
          08P01 | FATAL: unsupported startup parameter: extra_float_digits | POOLER
          42501 | FATAL: permission denied for database "d" | PERMISSION_DENIED
          53300 | FATAL: sorry, too many clients already | UNREACHABLE
          08001 | Connection to h:5432 refused. | UNREACHABLE
          08001 | Connection attempt timed out. | TIMED_OUT
          """)
  void tellsFromStateAndMessage(String state, String message, SourceFailure failure) {
    SourceException e = ConnectFailure.of(URL, new SQLException(message, state));
    assertThat(e.failure()).isEqualTo(failure);
    assertThat(e).hasMessageContaining(message).hasMessageNotContaining("s3cret");
    assertThat(e.hint()).isNotEmpty();
  }
}
