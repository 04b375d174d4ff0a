package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.ProxyServer;
import dev.coppice.proxy.wire.StartupBytes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever way a connection goes wrong or ends, nothing of it stays. */
@ExtendWith(LeakGuard.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectionEndsIT {

  /** Of a proxy to which nobody logs in. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(1);

  private static final long SEED = Long.getLong("coppice.seed", System.nanoTime());
  private static final byte[] SLEEP = RawClient.query("SELECT pg_sleep(3600)");

  @SuppressWarnings("NullAway.Init") // by start()
  private ProxyFixture fixture;

  @BeforeAll
  void start(@TempDir Path directory) {
    fixture = new ProxyFixture(directory);
  }

  @BeforeEach
  void wakeAtOnce() {
    Path socket = fixture.engine.socket();
    fixture.branches.waking(
        () -> CompletableFuture.completedFuture(fixture.branches.endpoint(socket)));
  }

  @AfterEach
  void nothingIsLeftBehind() {
    TestEngine.await(
        "the end of all engine sessions, -Dcoppice.seed=" + SEED,
        () -> fixture.engineSessions() == 0);
    fixture.awaitNoSessions();
    TestEngine.await(
        "the end of all connections, -Dcoppice.seed=" + SEED,
        () -> fixture.metrics.get("coppice.proxy.connections.active").gauge().value() == 0);
  }

  @AfterAll
  void stop() {
    fixture.close();
  }

  @Test
  void queriesBehindThePasswordAreNeitherLostNorReordered() {
    try (RawClient client = connect()) {
      client.logIn(
          RawClient.query("SELECT 'one'"), RawClient.query("SELECT 'two'"), RawClient.terminate());
      BackendBytes all = client.readToEnd();
      assertThat(all.types()).matches("RRS+KZTDCZTDCZ");
      assertThat(
              all.messages().stream()
                  .filter(message -> message.type() == 'D')
                  .map(row -> new String(row.body(), 6, 3, StandardCharsets.US_ASCII)))
          .containsExactly("one", "two");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aHalfClosedClientStillGetsItsAnswers(boolean secure) {
    try (RawClient client = new RawClient(fixture.port(), secure)) {
      client.logIn().readUntil('Z');
      client.send(RawClient.query("SELECT pg_sleep(0.3), repeat('x', 20000000)")).closeOutput();
      assertThat(client.readToEnd().types()).isEqualTo("TDCZ");
    }
  }

  @Test
  void aResetEndsARunningStatement() {
    RawClient client = connect().logIn();
    client.readUntil('Z');
    client.send(SLEEP);
    fixture.awaitSleep();
    client.reset();
  }

  @Test
  void aTerminateBehindARunningStatementEndsItInTheEnd() {
    RawClient client = connect().logIn();
    client.readUntil('Z');
    client.send(SLEEP, RawClient.terminate());
    fixture.awaitSleep();
    client.close();
  }

  @Test
  void aClientThatNeverReadsCanLeave() {
    RawClient client = connect().logIn();
    client.readUntil('Z');
    client.send(RawClient.query("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"));
    TestEngine.await(
        "back-pressure",
        () ->
            fixture
                .engine
                .sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'ClientWrite'")
                .equals("1"));
    client.reset();
  }

  @Test
  void aClientMayLeaveInTheMiddleOfAMessage() {
    RawClient client = connect().logIn();
    client.readUntil('Z');
    client.send(Arrays.copyOf(SLEEP, SLEEP.length - 3));
    client.close();
    RawClient copier = connect().logIn();
    copier.readUntil('Z');
    copier.send(RawClient.query("CREATE TEMPORARY TABLE t (i int); COPY t FROM STDIN"));
    copier.readUntil('G');
    copier.send(RawClient.message('d', new byte[] {'1', '\n'}));
    copier.reset();
  }

  @Test
  void aClientMayLeaveWhileItsEngineWakes() {
    CompletableFuture<EngineEndpoint> engine = new CompletableFuture<>();
    fixture.branches.waking(() -> engine);
    RawClient client = connect().logIn();
    client.close();
    TestEngine.await(
        "the client's end",
        () -> fixture.metrics.get("coppice.proxy.connections.active").gauge().value() == 0);
    engine.complete(fixture.branches.endpoint(fixture.engine.socket()));
  }

  @Test
  void anEngineThatCannotBeReachedIsTold() {
    fixture.branches.waking(() ->
        CompletableFuture.completedFuture(fixture.branches.endpoint(Path.of("/nonexistent"))));
    try (RawClient client = connect()) {
      assertThat(client.logIn().readToEnd().error()).containsEntry('C', "57P03");
    }
  }

  @Test
  void aSlowClientIsCutOff() {
    long startNanos = System.nanoTime();
    try (ProxyServer impatient = fixture.another(HANDSHAKE);
        RawClient client = new RawClient(impatient.address().getPort())) {
      client.send(Arrays.copyOf(StartupBytes.message(3 << 16, "user", "app.pr-1"), 12));
      assertThat(client.readToEnd().error()).containsEntry('C', "57014");
      assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
          .isGreaterThanOrEqualTo(HANDSHAKE);
    }
  }

  @Test
  void aClientThatStopsInTheMiddleOfTlsIsCutOff() {
    try (ProxyServer impatient = fixture.another(HANDSHAKE);
        RawClient client = new RawClient(impatient.address().getPort())) {
      client.send(StartupBytes.request(5679));
      client.send(new byte[] {0x16, 3, 1, 2, 0, 1});
      client.readRawToEnd();
    }
  }

  @Test
  void garbageIsRefused() {
    for (String garbage : new String[] {"GET / HTTP/1.1\r\n\r\n", "\0\0\0\0\0\0\0\0", "\0\1\0\0"}) {
      try (RawClient client = connect()) {
        client.send(garbage.getBytes(StandardCharsets.US_ASCII));
        assertThat(client.readToEnd().error()).containsEntry('C', "08P01").containsKey('H');
      }
    }
  }

  @Test
  void tlsGarbageIsCutOff() {
    Random random = new Random(SEED);
    for (int round = 0; round < 20; round++) {
      byte[] garbage = new byte[1 + random.nextInt(2000)];
      random.nextBytes(garbage);
      garbage[0] = 0x16;
      try (RawClient client = connect()) {
        client.send(garbage).closeOutput();
        client.readRawToEnd();
      }
      try (RawClient client = connect()) {
        client.send(StartupBytes.request(5679), garbage).closeOutput();
        client.readRawToEnd();
      }
    }
  }

  @Test
  void anOversizedPacketIsRefusedBeforeItArrives() {
    try (RawClient client = connect()) {
      client.send(new byte[] {0, 0, 0x27, 0x11}, new byte[5000]);
      assertThat(client.readToEnd().error())
          .containsEntry('C', "08P01")
          .containsEntry(
              'M', "a startup packet of 10001 bytes cannot be read: its length must be 8 to 10000");
    }
  }

  @Test
  void aCancelRequestWithTheWrongKeyIsIgnored() {
    try (RawClient client = connect()) {
      client.send(StartupBytes.cancel(1, new byte[] {1, 2, 3, 4}));
      assertThat(client.readToEnd().messages()).isEmpty();
    }
  }

  @Test
  void resetsAtRandomPointsLeaveNothing() {
    Random random = new Random(SEED);
    for (int round = 0; round < 60; round++) {
      RawClient client = connect();
      switch (random.nextInt(5)) {
        case 0 -> {}
        case 1 -> client.startup("app.pr-1");
        case 2 -> client.logIn();
        case 3 -> client.logIn(RawClient.query("SELECT repeat('x', 5000000)"));
        default -> client.logIn().readUntil('Z');
      }
      if (random.nextBoolean()) {
        client.reset();
      } else {
        client.close();
      }
    }
  }

  private RawClient connect() {
    return new RawClient(fixture.port());
  }
}
