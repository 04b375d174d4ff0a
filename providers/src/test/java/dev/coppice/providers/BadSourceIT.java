package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.coppice.providers.testing.PostgresServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each thing that can be wrong with a source has its code, and a hint that helps. */
class BadSourceIT {

  @AutoClose private static PostgresServer server;
  @AutoClose private static PostgresServer engine;
  @AutoClose private static PostgresServer halfFilled;

  @BeforeAll
  static void start() throws SQLException {
    server = PostgresServer.start("postgres");
    engine = PostgresServer.start("coppice");
    halfFilled = PostgresServer.start("coppice");
    server.execute("postgres", "CREATE ROLE reader LOGIN PASSWORD 'reader'");
    server.execute("postgres", "CREATE DATABASE shop");
    server.execute(
        "shop",
        """
        CREATE TABLE open AS SELECT g FROM generate_series(1, 100) g;
        CREATE TABLE "Closed" AS SELECT 1 AS one;
        CREATE SEQUENCE counter;
        GRANT SELECT ON open TO reader;
        """);
    server.execute("postgres", "CREATE DATABASE hidden");
    server.execute(
        "hidden",
        """
        CREATE TABLE secret AS SELECT 1 AS one;
        ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
        GRANT SELECT ON secret TO reader;
        SELECT lo_create(4711);
        """);
    server.execute("postgres", "CREATE DATABASE slow");
    server.execute(
        "slow",
        "CREATE TABLE wide AS SELECT g, repeat('x', 1000) FROM generate_series(1, 200000) g");
  }

  @Test
  void wrongPassword() {
    SourceException e = checkFails(server.url("reader", "guess", "shop"));
    assertThat(e.failure()).isEqualTo(SourceFailure.AUTHENTICATION_FAILED);
    assertThat(e).hasMessageContaining("reader").hasMessageNotContaining("guess");
    assertThat(e.hint()).contains("password");
  }

  @Test
  void unreachable() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    SourceException e = checkFails("postgres://reader:pw@127.0.0.1:" + port + "/shop");
    assertThat(e.failure()).isEqualTo(SourceFailure.UNREACHABLE);
    assertThat(e).hasMessageContaining("127.0.0.1:" + port);
    assertThat(e.hint()).contains("host and port");
    SourceException unknown = checkFails("postgres://reader:pw@no-such-host.invalid/shop");
    assertThat(unknown.failure()).isEqualTo(SourceFailure.UNREACHABLE);
    assertThat(unknown)
        .hasMessageContaining("no-such-host.invalid")
        .hasMessageContaining("no host of that name");
  }

  @Test
  void serverThatNeverAnswers() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      SourceException e =
          checkFails(
              "postgres://reader:pw@127.0.0.1:"
                  + socket.getLocalPort()
                  + "/shop?connect_timeout=1");
      assertThat(e.failure()).isEqualTo(SourceFailure.TIMED_OUT);
      assertThat(e).hasMessageContaining("did not answer within 1 s");
      assertThat(e.hint()).contains("firewall", "connect_timeout");
    }
  }

  @Test
  void missingDatabase() {
    SourceException e = checkFails(server.url("reader", "reader", "nothing"));
    assertThat(e.failure()).isEqualTo(SourceFailure.DATABASE_MISSING);
    assertThat(e).hasMessageContaining("nothing");
  }

  @Test
  void requiredEncryptionIsNeverGivenUp() {
    for (String mode : List.of("require", "verify-full")) {
      SourceException e = checkFails(server.url("reader", "reader", "shop") + "?sslmode=" + mode);
      assertThat(e.failure()).isEqualTo(SourceFailure.TLS_FAILED);
      assertThat(e.hint()).contains("sslmode");
    }
  }

  @Test
  void missingRightsComeWithTheStatementsThatGrantThem() {
    SourceAddress address = SourceAddress.parse(server.url("reader", "reader", "shop"));

    SourceCheck check = Source.at(address).check();

    assertThat(check.passed()).isFalse();
    assertThat(check.failure()).contains(SourceFailure.PERMISSION_DENIED);
    assertThat(check.items())
        .filteredOn(item -> item.outcome() == CheckItem.Outcome.FAILED)
        .extracting(CheckItem::remedy)
        .containsExactlyInAnyOrder(
            "GRANT SELECT ON TABLE public.\"Closed\" TO reader;",
            "GRANT SELECT ON SEQUENCE public.counter TO reader;");
    SourceException e = pullFails(address);
    assertThat(e.failure()).isEqualTo(SourceFailure.PERMISSION_DENIED);
    assertThat(e).hasMessageContaining("public.\"Closed\"");
    assertUntouched("shop");
  }

  @Test
  void rowsHiddenByPolicies() {
    SourceAddress address = SourceAddress.parse(server.url("reader", "reader", "hidden"));
    SourceException e = pullFails(address);
    assertThat(e.failure()).isEqualTo(SourceFailure.ROW_SECURITY);
    assertThat(e).hasMessageContaining("public.secret");
    assertThat(e.hint()).isEqualTo("ALTER ROLE reader BYPASSRLS;");
    assertThat(Source.at(address).check().items())
        .filteredOn(item -> item.what().equals("large objects"))
        .extracting(CheckItem::outcome, CheckItem::remedy)
        .containsExactly(
            tuple(CheckItem.Outcome.WARNING, "GRANT SELECT ON LARGE OBJECT 4711 TO reader;"));
    assertUntouched("hidden");
  }

  @Test
  void missingClientPrograms() {
    SourceException e =
        catchThrowableOfType(
            SourceException.class, () -> ClientTools.find(17, List.of(Path.of("/nowhere"))));
    assertThat(e.failure()).isEqualTo(SourceFailure.CLIENT_TOOLS_MISSING);
    assertThat(e.hint()).contains("apt-get install postgresql-client-17");
    ClientTools tools = ClientTools.find(13);
    assertThat(tools.pgDump()).isExecutable();
    assertThat(tools.pgRestore()).isExecutable();
  }

  @Test
  void interruptEndsAPullAtOnce() throws Exception {
    SourceAddress address = SourceAddress.parse(server.superuserUrl("slow"));
    CountDownLatch copying = new CountDownLatch(1);
    CompletableFuture<SourceException> outcome = new CompletableFuture<>();
    Thread puller =
        Thread.ofPlatform()
            .start(() ->
                outcome.complete(
                    catchThrowableOfType(
                        SourceException.class,
                        () ->
                            Source.at(address)
                                .pull(
                                    target(halfFilled),
                                    new PullOptions(2),
                                    event -> {
                                      if (event
                                          instanceof
                                          PullEvent.PhaseStarted(PullEvent.Phase phase)) {
                                        if (phase == PullEvent.Phase.COPY) {
                                          copying.countDown();
                                        }
                                      }
                                    }))));
    assertThat(copying.await(60, TimeUnit.SECONDS)).isTrue();

    puller.interrupt();

    assertThat(outcome.get(20, TimeUnit.SECONDS).failure()).isEqualTo(SourceFailure.INTERRUPTED);
    awaitNoSessions("slow");
  }

  private static void awaitNoSessions(String database) throws SQLException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    String sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = '" + database + "'";
    try (Connection session = server.connect("postgres")) {
      while (!Query.text(session, sql).equals("0")) {
        assertThat(System.nanoTime()).as("sessions left on the source").isLessThan(deadline);
        Thread.onSpinWait();
      }
    }
  }

  private static void assertUntouched(String database) {
    assertThat(engine.tool("postgres", "psql", "-XAtc", "SELECT datname FROM pg_database"))
        .doesNotContain(database);
    assertThat(engine.tool("postgres", "psql", "-XAtc", "SELECT rolname FROM pg_roles"))
        .doesNotContain("reader");
  }

  private static LocalEngine target(PostgresServer engine) {
    return new LocalEngine(engine.socketDirectory(), engine.port(), engine.superuser());
  }

  private static SourceException checkFails(String url) {
    return catchThrowableOfType(
        SourceException.class, () -> Source.at(SourceAddress.parse(url)).check());
  }

  private static SourceException pullFails(SourceAddress address) {
    return catchThrowableOfType(
        SourceException.class,
        () -> Source.at(address).pull(target(engine), new PullOptions(2), event -> {}));
  }
}
