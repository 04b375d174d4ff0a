package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;
import org.postgresql.replication.PGReplicationConnection;
import org.postgresql.replication.PGReplicationStream;
import org.postgresql.util.PSQLException;

@ExtendWith(LeakGuard.class)
class JdbcIT {

  @RegisterExtension static final SharedProxy PROXY = new SharedProxy();

  @ParameterizedTest
  @ValueSource(strings = {"simple", "extended", "extendedForPrepared", "extendedCacheEverything"})
  void queriesInEveryMode(String mode) throws SQLException {
    try (Connection connection = PROXY.fixture().connect("preferQueryMode", mode);
        PreparedStatement query = connection.prepareStatement("SELECT ? + 1, current_database()")) {
      for (int i = 0; i < 20; i++) {
        query.setInt(1, i);
        try (ResultSet row = query.executeQuery()) {
          assertThat(row.next()).isTrue();
          assertThat(row.getInt(1)).isEqualTo(i + 1);
          assertThat(row.getString(2)).isEqualTo("shop");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"disable", "require"})
  void batchesAndPortals(String sslmode) throws SQLException {
    try (Connection connection = PROXY.fixture().connect("sslmode", sslmode);
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("CREATE TEMPORARY TABLE rows (id int, text text)");
      try (PreparedStatement insert =
          connection.prepareStatement("INSERT INTO rows VALUES (?, repeat('x', ?))")) {
        for (int i = 0; i < 10_000; i++) {
          insert.setInt(1, i);
          insert.setInt(2, i % 500);
          insert.addBatch();
        }
        assertThat(insert.executeBatch()).hasSize(10_000);
      }
      statement.setFetchSize(100);
      int count = 0;
      try (ResultSet rows = statement.executeQuery("SELECT * FROM rows ORDER BY id")) {
        while (rows.next()) {
          assertThat(rows.getInt(1)).isEqualTo(count);
          assertThat(rows.getString(2)).hasSize(count % 500);
          count++;
        }
      }
      assertThat(count).isEqualTo(10_000);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"disable", "require"})
  void copiesInAndOut(String sslmode) throws SQLException, IOException {
    byte[] lines = "123456789\n".repeat(500_000).getBytes(StandardCharsets.US_ASCII);
    try (Connection connection = PROXY.fixture().connect("sslmode", sslmode);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMPORARY TABLE rows (id int)");
      CopyManager copy = connection.unwrap(PGConnection.class).getCopyAPI();
      assertThat(copy.copyIn("COPY rows FROM STDIN", new ByteArrayInputStream(lines)))
          .isEqualTo(500_000);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      copy.copyOut("COPY rows TO STDOUT", out);
      assertThat(out.toByteArray()).isEqualTo(lines);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"disable", "require"})
  void cancelsAStatement(String sslmode) throws Exception {
    try (Connection connection = PROXY.fixture().connect("sslmode", sslmode);
        Statement statement = connection.createStatement()) {
      Thread canceller = Thread.ofVirtual().start(() -> cancelOnceItRuns(statement));
      assertThatThrownBy(() -> statement.execute("SELECT pg_sleep(60)"))
          .isInstanceOfSatisfying(
              PSQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
      canceller.join();
      assertThat(statement.execute("SELECT 1")).isTrue();
    }
    TestEngine.await(
        "the cancel request to be counted",
        () ->
            PROXY
                    .fixture()
                    .metrics
                    .get("coppice.proxy.connections")
                    .tag("outcome", "cancel_request")
                    .counter()
                    .count()
                > 0);
  }

  private void cancelOnceItRuns(Statement statement) {
    PROXY.fixture().awaitSleep();
    try {
      statement.cancel();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void hearsNotifications() throws SQLException {
    try (Connection connection = PROXY.fixture().connect("sslmode", "require");
        Statement statement = connection.createStatement()) {
      statement.execute("LISTEN news");
      PROXY.fixture().engine.sql("shop", "NOTIFY news, 'hello'");
      PGNotification[] heard = connection.unwrap(PGConnection.class).getNotifications(120_000);
      assertThat(heard).singleElement().extracting(PGNotification::getParameter).isEqualTo("hello");
    }
  }

  /** Of a role that may. */
  @ParameterizedTest
  @ValueSource(strings = {"disable", "require"})
  void streamsChanges(String sslmode) throws SQLException {
    // The engine may take its time to drop the slot of the run before.
    String slot = "streamed_" + sslmode;
    PROXY.fixture().engine.sql("CREATE ROLE streamer LOGIN REPLICATION");
    try (Connection replication =
        PROXY
            .fixture()
            .connect(
                "user",
                "streamer.pr-1",
                "sslmode",
                sslmode,
                "replication",
                "database",
                "assumeMinServerVersion",
                "10",
                "preferQueryMode",
                "simple")) {
      PGReplicationConnection api = replication.unwrap(PGConnection.class).getReplicationAPI();
      api.createReplicationSlot()
          .logical()
          .withSlotName(slot)
          .withOutputPlugin("test_decoding")
          .withTemporaryOption()
          .make();
      try (PGReplicationStream stream =
          api.replicationStream().logical().withSlotName(slot).start()) {
        PROXY
            .fixture()
            .engine
            .sql("shop", "CREATE TABLE streamed AS SELECT 1 AS id; DROP TABLE streamed");
        StringBuilder changes = new StringBuilder();
        while (changes.indexOf("streamed: INSERT: id[integer]:1") < 0) {
          ByteBuffer change = stream.read();
          changes.append(StandardCharsets.UTF_8.decode(change));
        }
      }
    } finally {
      PROXY.fixture().engine.sql("DROP ROLE streamer");
    }
  }

  @Test
  void mayNotStreamWithoutTheRight() {
    assertThatThrownBy(() ->
            PROXY
                .fixture()
                .connect(
                    "replication", "database",
                    "assumeMinServerVersion", "10",
                    "preferQueryMode", "simple")
                .close())
        .isInstanceOfSatisfying(
            PSQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
  }

  @Test
  void rolesMayHaveAnyName() throws SQLException {
    String role = "jürgen.o'x \"y\" @ ∞";
    String quoted = '"' + role.replace("\"", "\"\"") + '"';
    try (Connection owner = engineConnection();
        Statement statement = owner.createStatement()) {
      statement.execute("CREATE ROLE " + quoted + " LOGIN");
      try (Connection connection = PROXY.fixture().connect("user", role + ".pr-1");
          ResultSet row = connection.createStatement().executeQuery("SELECT current_user")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getString(1)).isEqualTo(role);
      }
      statement.execute("DROP ROLE " + quoted);
    }
  }

  /** As superuser, on the same branch. */
  private Connection engineConnection() throws SQLException {
    return PROXY.fixture().connect("user", "postgres.pr-1");
  }

  @Test
  void errorsHaveTheirSqlState() {
    assertState("28P01", "user", "app.pr-1", "password", "wrong");
    assertState("3D000", "user", "app.nope");
    assertState("08004", "user", "app");
    assertState("XX000", "user", "app.broken");
    assertState("28P01", "user", "app.no-role");
  }

  private void assertState(String sqlState, String... properties) {
    assertThatThrownBy(() -> PROXY.fixture().connect(properties).close())
        .isInstanceOfSatisfying(
            PSQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState));
  }
}
