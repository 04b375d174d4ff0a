package dev.coppice.proxy.session;

import static dev.coppice.proxy.session.HandshakeLab.answer;
import static dev.coppice.proxy.session.HandshakeLab.leave;
import static dev.coppice.proxy.session.HandshakeLab.outbound;
import static dev.coppice.proxy.session.HandshakeLab.saslInitial;
import static dev.coppice.proxy.session.HandshakeLab.send;
import static dev.coppice.proxy.session.HandshakeLab.sent;
import static dev.coppice.proxy.session.HandshakeLab.serverFirst;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.IdleLimits;
import dev.coppice.proxy.LoginLimits;
import dev.coppice.proxy.ProxyLimits;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.scram.ScramClient;
import dev.coppice.proxy.wire.StartupBytes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(LeakGuard.class)
class HandshakeTest {

  private static final int V3_0 = 3 << 16;
  private static final byte[] STARTUP =
      StartupBytes.message(V3_0, "user", "app.pr-1", "database", "shop");

  private static final int MOST_BYTES = 8_000;

  private static final ProxyLimits LIMITS =
      new ProxyLimits(
          10, 2, 3, new LoginLimits(MOST_BYTES, 3, Duration.ofMinutes(1)), IdleLimits.NONE);

  private final HandshakeLab lab;
  private final TestBranches branches;
  private final SimpleMeterRegistry metrics;

  HandshakeTest(@TempDir Path directory) {
    lab = new HandshakeLab(directory, LIMITS);
    branches = lab.branches;
    metrics = lab.metrics;
    branches.waking(CompletableFuture::new);
  }

  @AfterEach
  void close() {
    lab.close();
  }

  @Test
  void offersScramWhateverWayTheStartupIsSplit() {
    for (int split = 0; split <= STARTUP.length; split++) {
      EmbeddedChannel client = lab.connect();
      send(client, Arrays.copyOf(STARTUP, split));
      send(client, Arrays.copyOfRange(STARTUP, split, STARTUP.length));
      BackendBytes sent = sent(client);
      assertThat(sent.types()).as("split at %d", split).isEqualTo("R");
      assertThat(new String(sent.messages().getFirst().body(), StandardCharsets.US_ASCII))
          .isEqualTo("\0\0\0\nSCRAM-SHA-256\0\0");
      leave(client);
    }
  }

  @Test
  void logsInWhateverWayTheAnswersAreSplit() {
    int length = saslInitial(new ScramClient("n,,", new byte[0])).length;
    for (int split = 0; split <= length; split++) {
      EmbeddedChannel client = lab.connect();
      ScramClient scram = new ScramClient("n,,", new byte[0]);
      send(client, STARTUP);
      sent(client);
      byte[] initial = saslInitial(scram);
      send(client, Arrays.copyOf(initial, split));
      send(client, Arrays.copyOfRange(initial, split, length));
      byte[] last = answer(scram.last(TestBranches.PASSWORD, serverFirst(sent(client))));
      send(client, Arrays.copyOf(last, split));
      send(client, Arrays.copyOfRange(last, split, last.length));
      BackendBytes welcome = sent(client);
      assertThat(welcome.types()).as("split at %d", split).isEqualTo("RR");
      assertThat(welcome.messages().getLast().body()).containsExactly(0, 0, 0, 0);
      leave(client);
    }
    assertThat(metrics.get("coppice.proxy.handshake").timer().count()).isEqualTo(length + 1);
  }

  @Test
  void aWrongPasswordAndAnUnknownRoleLookTheSame() {
    Map<Character, String> wrong = login("app.pr-1", "wrong");
    assertThat(wrong).containsEntry('S', "FATAL").containsEntry('C', "28P01").containsKey('H');
    Map<Character, String> unknown = login("app.no-role", TestBranches.PASSWORD);
    assertThat(unknown.toString().replace("no-role", "pr-1")).isEqualTo(wrong.toString());
    assertThat(
            metrics.get("coppice.proxy.refusals").tag("kind", "password_wrong").counter().count())
        .isEqualTo(2);
  }

  private Map<Character, String> login(String user, String password) {
    EmbeddedChannel client = lab.connect();
    ScramClient scram = new ScramClient("n,,", new byte[0]);
    send(client, StartupBytes.message(V3_0, "user", user));
    sent(client);
    send(client, saslInitial(scram));
    send(client, answer(scram.last(password, serverFirst(sent(client)))));
    client.advanceTimeBy(4, TimeUnit.SECONDS);
    client.runScheduledPendingTasks();
    return refusal(client);
  }

  @Test
  void whoGuessesPasswordsIsHeldUpThenRefused() {
    assertThat(login("app.pr-1", "a")).containsEntry('C', "28P01");
    assertThat(login("app.pr-1", "b")).containsEntry('C', "28P01");
    EmbeddedChannel underWay = lab.connect();
    ScramClient scram = new ScramClient("n,,", new byte[0]);
    send(underWay, STARTUP);
    sent(underWay);
    EmbeddedChannel third = lab.connect();
    ScramClient other = new ScramClient("n,,", new byte[0]);
    send(third, STARTUP);
    sent(third);
    send(third, saslInitial(other));
    send(third, answer(other.last("c", serverFirst(sent(third)))));
    assertThat(sent(third).messages()).isEmpty();
    third.advanceTimeBy(4, TimeUnit.SECONDS);
    third.runScheduledPendingTasks();
    assertThat(refusal(third)).containsEntry('C', "28P01");
    send(underWay, saslInitial(scram));
    send(underWay, answer(scram.last(TestBranches.PASSWORD, serverFirst(sent(underWay)))));
    assertThat(refusal(underWay)).containsEntry('C', "28000").containsKey('H');
    EmbeddedChannel fourth = lab.connect();
    send(fourth, STARTUP);
    assertThat(refusal(fourth))
        .containsEntry('C', "28000")
        .containsEntry('M', "too many failed logins to branch \"pr-1\" from your address");
  }

  @Test
  void aClientMaySendOnlySoMuchBeforeItIsLoggedIn() {
    byte[] longest = StartupBytes.message(V3_0, "user", "app.pr-1", "more", "x".repeat(9_000));
    EmbeddedChannel client = lab.connect();
    send(client, Arrays.copyOf(longest, MOST_BYTES));
    assertThat(client.isOpen()).isTrue();
    send(client, Arrays.copyOfRange(longest, MOST_BYTES, MOST_BYTES + 1));
    assertThat(refusal(client)).containsEntry('C', "54000").containsKey('H');
  }

  @Test
  void anUnknownBranchIsToldBeforeThePassword() {
    EmbeddedChannel client = lab.connect();
    send(client, StartupBytes.message(V3_0, "user", "app.nope"));
    assertThat(refusal(client))
        .containsEntry('C', "3D000")
        .containsEntry('M', "branch \"nope\" does not exist")
        .containsEntry('H', "`coppice branch list` shows what is there.");
  }

  @Test
  void anInternalErrorIsNotTold() {
    EmbeddedChannel client = lab.connect();
    send(client, StartupBytes.message(V3_0, "user", "app.broken"));
    assertThat(refusal(client).toString()).contains("XX000").doesNotContain("internal detail");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void speaksTheMinorVersionsThatAreThere(int minor) {
    EmbeddedChannel client = lab.connect();
    send(client, StartupBytes.message(V3_0 + minor, "user", "app.pr-1"));
    assertThat(sent(client).types()).isEqualTo("R");
    leave(client);
  }

  @Test
  void turnsAwayOneClientTooMany() {
    EmbeddedChannel first = lab.connect();
    send(first, STARTUP);
    assertThat(sent(first).types()).isEqualTo("R");
    EmbeddedChannel second = lab.connect();
    send(second, STARTUP);
    assertThat(sent(second).types()).isEqualTo("R");
    EmbeddedChannel third = lab.connect();
    send(third, STARTUP);
    assertThat(refusal(third)).containsEntry('C', "53300").containsKey('H');
    leave(first);
    EmbeddedChannel fourth = lab.connect();
    send(fourth, STARTUP);
    assertThat(sent(fourth).types()).isEqualTo("R");
    leave(second);
    leave(fourth);
  }

  @Test
  void negotiatesNewerMinorsAndUnknownOptions() {
    EmbeddedChannel client = lab.connect();
    send(client, StartupBytes.message(V3_0 + 9999, "user", "app.pr-1", "_pq_.new", "1"));
    BackendBytes sent = sent(client);
    assertThat(sent.types()).isEqualTo("vR");
    assertThat(sent.messages().getFirst().body())
        .isEqualTo(
            StartupBytes.bytes(
                Unpooled.buffer()
                    .writeInt(V3_0 + 2)
                    .writeInt(1)
                    .writeBytes("_pq_.new\0".getBytes(StandardCharsets.US_ASCII))));
    leave(client);
  }

  @Test
  void declinesGssAndOffersTls() {
    EmbeddedChannel client = lab.connect();
    send(client, StartupBytes.request(5680));
    assertThat(raw(client)).isEqualTo("N");
    send(client, StartupBytes.request(5679));
    assertThat(raw(client)).isEqualTo("S");
    leave(client);
  }

  @Test
  void refusesPlainBytesBehindAnEncryptionRequest() {
    for (int code : new int[] {5679, 5680}) {
      EmbeddedChannel client = lab.connect();
      send(client, concat(StartupBytes.request(code), STARTUP));
      assertThat(refusal(client)).containsEntry('C', "08P01");
    }
  }

  @Test
  void refusesAnswersThatNobodyAskedFor() {
    branches.resolving(new CompletableFuture<>());
    EmbeddedChannel client = lab.connect();
    send(client, concat(STARTUP, saslInitial(new ScramClient("n,,", new byte[0]))));
    assertThat(refusal(client)).containsEntry('C', "08P01");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Q\0\0\0\4", "p\0\0\0\3", "p\177\0\0\0", "p\0\0\0\4", "p\0\0\0\7\0\0\0"})
  void refusesOtherMessagesThanAnswers(String message) {
    EmbeddedChannel client = lab.connect();
    send(client, STARTUP);
    sent(client);
    send(client, message.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(refusal(client)).containsEntry('C', "08P01");
  }

  @Test
  void aClientThatDawdlesIsTold() {
    EmbeddedChannel client = lab.connect();
    send(client, Arrays.copyOf(STARTUP, 9));
    client.advanceTimeBy(5, TimeUnit.SECONDS);
    client.runScheduledPendingTasks();
    assertThat(refusal(client))
        .containsEntry('C', "57014")
        .containsEntry('M', "canceling authentication due to timeout");
  }

  @Test
  void aClientThatSendsAByteNowAndThenHasNoMoreTime() {
    EmbeddedChannel client = lab.connect();
    for (int second = 0; second < 5; second++) {
      assertThat(client.isOpen()).isTrue();
      send(client, Arrays.copyOfRange(STARTUP, second, second + 1));
      client.advanceTimeBy(1, TimeUnit.SECONDS);
      client.runScheduledPendingTasks();
    }
    assertThat(refusal(client)).containsEntry('C', "57014");
  }

  @Test
  void aClientDoesNotWaitForAnEngineForever() {
    EmbeddedChannel client = lab.connect();
    logIn(client);
    client.advanceTimeBy(7, TimeUnit.SECONDS);
    client.runScheduledPendingTasks();
    assertThat(refusal(client)).containsEntry('C', "57P03");
  }

  @Test
  void anEndpointThatComesTooLateIsReleased() {
    CompletableFuture<EngineEndpoint> engine = new CompletableFuture<>();
    branches.waking(() -> engine);
    EmbeddedChannel client = lab.connect();
    logIn(client);
    leave(client);
    engine.complete(branches.endpoint(Path.of("absent")));
    assertThat(branches.closed).hasValue(1);
    assertThat(
            metrics.get("coppice.proxy.connections").tag("outcome", "abandoned").counter().count())
        .isEqualTo(1);
  }

  @Test
  void aRefusalOfTheEngineReachesTheClient() {
    branches.waking(() ->
        CompletableFuture.failedFuture(
            new RefusedException(new Refusal("busy", "57P03", "branch is busy", "Wait."))));
    EmbeddedChannel client = lab.connect();
    logIn(client);
    assertThat(refusal(client)).containsEntry('C', "57P03").containsEntry('M', "branch is busy");
  }

  @Test
  void bytesSentWhileTheEngineWakesAreHeldUpToALimit() {
    EmbeddedChannel client = lab.connect();
    logIn(client);
    send(client, new byte[60_000]);
    assertThat(client.config().isAutoRead()).isTrue();
    send(client, new byte[10_000]);
    assertThat(client.config().isAutoRead()).isFalse();
    leave(client);
  }

  @Test
  void aShutdownIsTold() {
    EmbeddedChannel client = new EmbeddedChannel();
    Connection connection = lab.accept(client);
    send(client, STARTUP);
    sent(client);
    connection.terminate(Connection.SHUTTING_DOWN);
    assertThat(refusal(client)).containsEntry('C', "57P01");
  }

  @Test
  void somethingLikeTlsThatFailsAtOnceClosesTheConnection() {
    EmbeddedChannel client = lab.connect();
    send(client, new byte[] {0x16, 0, 0, 0, 0, 0, 0, 0});
    assertThat(client.isOpen()).isFalse();
    leave(client);
  }

  @Test
  void survivesAnything() {
    long seed = Long.getLong("coppice.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 3_000; round++) {
      try {
        survives(random);
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("-Dcoppice.seed=%d, round %d".formatted(seed, round), e);
      }
    }
  }

  private void survives(Random random) {
    byte[] bytes = concat(STARTUP, saslInitial(new ScramClient("n,,", new byte[0])));
    for (int changes = random.nextInt(5); changes > 0; changes--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    EmbeddedChannel client = lab.connect();
    int at = 0;
    while (at < bytes.length && client.isOpen()) {
      int chunk = 1 + random.nextInt(bytes.length - at);
      send(client, Arrays.copyOfRange(bytes, at, at + chunk));
      at += chunk;
    }
    if (!client.isOpen() && bytes[0] == 0) {
      assertThat(refusal(client)).containsKeys('S', 'C', 'M');
    } else {
      leave(client);
    }
  }

  private static void logIn(EmbeddedChannel client) {
    ScramClient scram = new ScramClient("n,,", new byte[0]);
    send(client, STARTUP);
    sent(client);
    send(client, saslInitial(scram));
    send(client, answer(scram.last(TestBranches.PASSWORD, serverFirst(sent(client)))));
  }

  private static String raw(EmbeddedChannel client) {
    ByteBuf bytes = outbound(client);
    try {
      return bytes.toString(StandardCharsets.US_ASCII);
    } finally {
      bytes.release();
    }
  }

  /** The error that the client was sent last; it must have been shown the door too. */
  private static Map<Character, String> refusal(EmbeddedChannel client) {
    Map<Character, String> error = sent(client).error();
    assertThat(client.isOpen()).isFalse();
    leave(client);
    return error;
  }

  private static byte[] concat(byte[] first, byte[] second) {
    return StartupBytes.bytes(Unpooled.wrappedBuffer(first, second));
  }
}
