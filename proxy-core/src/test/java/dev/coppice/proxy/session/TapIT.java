package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.TappedSession;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;

/** What a tap sees of real clients. */
@ExtendWith(LeakGuard.class)
class TapIT {

  private static final RecordingTap TAP = new RecordingTap();

  @RegisterExtension
  static final SharedProxy PROXY = new SharedProxy(directory -> new ProxyFixture(directory, TAP));

  @BeforeEach
  void forget() {
    TestEngine.await(
        "the end of all sessions",
        () -> TAP.lines.stream().filter("ended"::equals).count() == TAP.sessions.size());
    TAP.lines.clear();
    TAP.sessions.clear();
  }

  /** Without what the driver asks on its own, and without rows. */
  private List<String> statements() {
    TestEngine.await("the end of the session", () -> TAP.lines.contains("ended"));
    return TAP.lines.stream()
        .filter(line -> line.matches("(query|parse|execute|completed|failed|ended).*"))
        .filter(line -> !line.matches(".*SET (extra|application).*|completed SET"))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"disable", "require"})
  void simpleStatements(String sslmode) throws SQLException {
    try (Connection connection =
            PROXY.fixture().connect("sslmode", sslmode, "preferQueryMode", "simple");
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT 'ü'; SELECT repeat('x', 1000000)");
      try {
        statement.execute("SELECT 1 / 0");
      } catch (SQLException e) {
        assertThat(e.getSQLState()).isEqualTo("22012");
      }
    }
    assertThat(statements())
        .endsWith(
            "query SELECT 'ü'; SELECT repeat('x', 1000000)",
            "completed SELECT 1",
            "completed SELECT 1",
            "query SELECT 1 / 0",
            "failed 22012",
            "ended");
    assertThat(TAP.lines).contains("ready I", "sent X 0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"disable", "require"})
  void preparedStatements(String sslmode) throws SQLException {
    try (Connection connection =
            PROXY.fixture().connect("sslmode", sslmode, "prepareThreshold", "1");
        PreparedStatement query = connection.prepareStatement("SELECT length(?)")) {
      for (int i = 0; i < 2; i++) {
        query.setString(1, "x".repeat(3_000_000));
        try (ResultSet row = query.executeQuery()) {
          assertThat(row.next()).isTrue();
        }
      }
    }
    assertThat(statements())
        .endsWith(
            "parse S_1: SELECT length($1)",
            "execute ",
            "completed SELECT 1",
            "execute ",
            "completed SELECT 1",
            "ended");
    assertThat(TAP.lines).contains("bind : S_1", "sync");
  }

  @Test
  void copies() throws Exception {
    byte[] lines = "123456789\n".repeat(200_000).getBytes(StandardCharsets.US_ASCII);
    try (Connection connection = PROXY.fixture().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMPORARY TABLE rows (id int)");
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn("COPY rows FROM STDIN", new ByteArrayInputStream(lines));
    }
    assertThat(statements())
        .endsWith("query COPY rows FROM STDIN", "completed COPY 200000", "ended");
    assertThat(TAP.lines).anyMatch(line -> line.startsWith("sent d "));
  }

  @Test
  void aStatementThatIsTooLongIsShownInPart() throws SQLException {
    try (Connection connection = PROXY.fixture().connect("preferQueryMode", "simple");
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT length('%s')".formatted("x".repeat(10_000_000)));
    }
    assertThat(statements()).endsWith("query 65536 bytes of more", "completed SELECT 1", "ended");
  }

  @Test
  void knowsWhoseSessionItIs() throws SQLException {
    int processId;
    try (Connection connection = PROXY.fixture().connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
      assertThat(row.next()).isTrue();
      processId = row.getInt(1);
    }
    TappedSession session = TAP.sessions.getLast();
    assertThat(session.branch()).isEqualTo("pr-1");
    assertThat(session.role()).isEqualTo("app");
    assertThat(session.database()).isEqualTo("shop");
    assertThat(session.processId()).isEqualTo(processId);
  }
}
