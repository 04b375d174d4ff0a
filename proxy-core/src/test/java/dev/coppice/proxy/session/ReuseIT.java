package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that come one after the other, and must not notice. */
@ExtendWith(LeakGuard.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReuseIT {

  /** Enough for sessions to be reused on every event loop. */
  private static final int MANY = 40;

  /** Everything that a session can tell of itself. */
  private static final String STATE =
      """
      SELECT md5(string_agg(line, ';' ORDER BY line)) FROM (
        SELECT name || '=' || setting FROM pg_settings
        UNION ALL SELECT 'tenant=' || coalesce(current_setting('app.tenant', true), 'unset')
        UNION ALL SELECT 'role=' || current_user || session_user
        UNION ALL SELECT 'temporary=' || pg_my_temp_schema()
        UNION ALL SELECT 'statement=' || name FROM pg_prepared_statements
        UNION ALL SELECT 'cursor=' || name FROM pg_cursors WHERE name <> ''
        UNION ALL SELECT 'channel=' || channel FROM pg_listening_channels() channel
        UNION ALL SELECT 'lock=' || classid || objid FROM pg_locks
          WHERE locktype = 'advisory' AND pid = pg_backend_pid()
        UNION ALL SELECT 'path=' || current_schemas(true)::text
      ) AS state (line)\
      """;

  @SuppressWarnings("NullAway.Init") // by start()
  private ProxyFixture fixture;

  @BeforeAll
  void start(@TempDir Path directory) {
    // So long that it does not matter how slow the machine is.
    fixture = new ProxyFixture(directory, ProxyFixture.PATIENCE, Duration.ofSeconds(10));
    fixture.engine.sql("CREATE ROLE other");
    fixture.engine.sql("GRANT other TO app");
    fixture.engine.sql("shop", "GRANT CREATE ON SCHEMA public TO app");
    fixture.engine.sql("shop", "CREATE TABLE public.items (id int)");
    fixture.engine.sql("shop", "GRANT ALL ON public.items TO app");
  }

  @AfterAll
  void stop() {
    try {
      fixture.awaitNoSessions();
    } finally {
      fixture.close();
    }
  }

  private double reused() {
    return fixture.metrics.get("coppice.proxy.sessions").tag("origin", "reused").counter().count();
  }

  /** Each statement in a session of its own; returns the first column of each. */
  private List<String> visits(int count, String... statements) {
    return visits(RawClient::logIn, count, statements);
  }

  private List<String> visits(Consumer<RawClient> login, int count, String... statements) {
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      try (RawClient client = new RawClient(fixture.port())) {
        login.accept(client);
        client.readUntil('Z');
        for (String statement : statements) {
          answers.add(ask(client, statement));
        }
        client.send(RawClient.terminate());
        client.readRawToEnd();
      }
    }
    return answers;
  }

  /** The first column of the last row, as far as there is one. */
  private static String ask(RawClient client, String statement) {
    client.send(RawClient.query(statement));
    String answer = "";
    while (true) {
      BackendBytes.Message message = client.read();
      if (message.type() == 'Z') {
        return answer;
      }
      if (message.type() == 'D') {
        byte[] body = message.body();
        answer = new String(body, 6, body.length - 6, StandardCharsets.UTF_8);
      }
    }
  }

  private void makeReuseUsual() {
    makeReuseUsual(RawClient::logIn);
  }

  private void makeReuseUsual(Consumer<RawClient> login) {
    TestEngine.await(
        "a session to be reused",
        () -> {
          double before = reused();
          visits(login, 4, "SELECT 1");
          return reused() > before;
        });
  }

  @Test
  void clientsThatComeAndGoShareSessions() {
    makeReuseUsual();
    assertThat(visits(MANY, "SELECT pg_backend_pid()").stream().distinct().count())
        .isLessThan(MANY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET work_mem = '7MB'",
        "SET app.tenant = '4711'",
        "SELECT set_config('app.tenant', '4711', false)",
        "BEGIN; SET LOCAL app.tenant = '4711'; COMMIT",
        "SET search_path = pg_catalog",
        "SET ROLE other",
        "SET SESSION AUTHORIZATION app",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "CREATE TEMPORARY TABLE leak (id int)",
        "SELECT 1 AS id INTO TEMPORARY leak",
        "PREPARE leak AS SELECT 1",
        "DECLARE leak CURSOR WITH HOLD FOR SELECT 1",
        "SELECT pg_advisory_lock(4711)",
        "LISTEN leak",
        "LOAD 'auto_explain'",
        "BEGIN",
        "SELECT 1/0",
        "BEGIN; SELECT 1/0",
        "DO $$ BEGIN PERFORM set_config('app.tenant', '4711', false); END $$",
      })
  void nothingOfAClientReachesTheNext(String statement) {
    String fresh = visits(1, STATE).getFirst();
    makeReuseUsual();
    visits(4, statement);
    assertThat(visits(MANY / 4, STATE)).as(statement).containsOnly(fresh);
  }

  @Test
  void whatTriggersAndViewsDoUnseenIsNotInherited() {
    fixture.engine.sql(
        "shop",
        """
        CREATE FUNCTION public.remember() RETURNS int LANGUAGE plpgsql AS
        $$ BEGIN PERFORM set_config('app.tenant', '4711', false); RETURN 1; END $$\
        """);
    fixture.engine.sql("shop", "CREATE VIEW public.unseen AS SELECT public.remember() AS one");
    fixture.engine.sql("shop", "GRANT SELECT ON public.unseen TO app");
    try {
      // Sessions of its own kind, since none of that is kept for a while afterwards.
      Consumer<RawClient> login =
          client ->
              client
                  .startup(0, "user", "app.pr-1", "database", "shop", "application_name", "unseen")
                  .authenticate();
      String fresh = visits(login, 1, STATE).getFirst();
      for (int round = 0; round < 10; round++) {
        assertThat(visits(login, 2, "SELECT one FROM unseen")).containsOnly("1");
        assertThat(visits(login, 2, STATE)).containsOnly(fresh);
      }
    } finally {
      fixture.engine.sql("shop", "DROP FUNCTION public.remember CASCADE");
    }
  }

  @Test
  void settingsOfDatabaseAndRoleCountAtOnce() {
    for (int round = 0; round < 5; round++) {
      makeReuseUsual();
      String value = (10 + round) + "MB";
      fixture.engine.sql("ALTER DATABASE shop SET work_mem = '" + value + "'");
      assertThat(visits(4, "SHOW work_mem")).containsOnly(value);
      fixture.engine.sql("ALTER ROLE app SET work_mem = '9MB'");
      assertThat(visits(4, "SHOW work_mem")).containsOnly("9MB");
      fixture.engine.sql("ALTER ROLE app RESET work_mem");
    }
    fixture.engine.sql("ALTER DATABASE shop RESET work_mem");
  }

  @Test
  void aRoleThatMayNoLongerLogInGetsNoSession() {
    makeReuseUsual();
    fixture.engine.sql("ALTER ROLE app NOLOGIN");
    try (RawClient client = new RawClient(fixture.port())) {
      client.logIn();
      assertThat(client.readUntil('E')).endsWith("E");
    } finally {
      fixture.engine.sql("ALTER ROLE app LOGIN");
    }
  }

  /** Postgres waits for less long than sessions are kept here. */
  @Test
  void aDatabaseCanBeDroppedThatHasSpareSessions() {
    fixture.engine.sql("CREATE DATABASE doomed OWNER app");
    makeReuseUsual(client -> logIn(client, "doomed", "visitor"));
    assertThat(sessions("doomed")).isPositive();
    assertThat(visits(1, "DROP DATABASE doomed", "SELECT 'dropped'").getLast())
        .isEqualTo("dropped");
    assertThat(
            fixture.engine.sql(
                "postgres", "SELECT count(*) FROM pg_database WHERE datname = 'doomed'"))
        .isEqualTo("0");
  }

  /** By a session that the proxy does not see. */
  @Test
  void aDatabaseCanBeDroppedBehindTheProxysBack() {
    fixture.engine.sql("CREATE DATABASE unseen OWNER app");
    makeReuseUsual(client -> logIn(client, "unseen", "visitor"));
    assertThat(sessions("unseen")).isPositive();
    fixture.engine.sql("DROP DATABASE unseen");
  }

  /** The role has nearly as many as it may have, all of them for clients of another kind. */
  @Test
  void spareSessionsMakeRoomForOthers() throws Exception {
    int limit = 6;
    fixture.engine.sql("ALTER ROLE app CONNECTION LIMIT " + limit);
    try {
      TestEngine.await(
          "sessions to be spare",
          () -> {
            visitTogether(limit - 2);
            return sessions("shop") >= limit - 1;
          });
      List<RawClient> clients = new ArrayList<>();
      try {
        for (int i = 0; i < limit; i++) {
          RawClient client = new RawClient(fixture.port());
          clients.add(client);
          logIn(client, "shop", "other " + i);
          assertThat(client.readUntil('Z')).as("client %d", i).endsWith("Z");
        }
      } finally {
        clients.forEach(RawClient::close);
      }
    } finally {
      fixture.engine.sql("ALTER ROLE app CONNECTION LIMIT -1");
    }
  }

  private void visitTogether(int count) {
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      RawClient client = new RawClient(fixture.port());
      clients.add(client);
      logIn(client, "shop", "crowd");
    }
    for (RawClient client : clients) {
      client.readUntil('Z');
      client.send(RawClient.terminate());
      client.readRawToEnd();
      client.close();
    }
  }

  private static void logIn(RawClient client, String database, String application) {
    client
        .startup(0, "user", "app.pr-1", "database", database, "application_name", application)
        .authenticate();
  }

  private int sessions(String database) {
    return Integer.parseInt(
        fixture.engine.sql(
            "postgres",
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'app' AND datname = '"
                + database
                + "'"));
  }

  @Test
  void everyClientHasACancelKeyOfItsOwn() {
    makeReuseUsual();
    List<String> keys = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      try (RawClient client = new RawClient(fixture.port())) {
        client.logIn();
        BackendBytes.Message message = client.read();
        while (message.type() != 'K') {
          message = client.read();
        }
        keys.add(HexFormat.of().formatHex(message.body()));
        int processId = ByteBuffer.wrap(message.body()).getInt();
        client.readUntil('Z');
        assertThat(ask(client, "SELECT pg_backend_pid()")).isEqualTo(Integer.toString(processId));
        client.send(RawClient.terminate());
        client.readRawToEnd();
      }
    }
    assertThat(keys).doesNotHaveDuplicates();
  }
}
