package dev.coppice.proxy.session;

import static dev.coppice.proxy.session.HandshakeLab.saslInitial;
import static dev.coppice.proxy.session.HandshakeLab.send;
import static dev.coppice.proxy.session.HandshakeLab.sent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.IdleLimits;
import dev.coppice.proxy.LoginLimits;
import dev.coppice.proxy.ProxyLimits;
import dev.coppice.proxy.scram.ScramClient;
import dev.coppice.proxy.wire.StartupBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever bytes come, a client is answered in the protocol, nothing escapes a handler, and no more
 * is kept than the limit allows. {@code -Dcoppice.fuzz.rounds=1000000} for long, {@code
 * -Dcoppice.seed=…} to repeat.
 */
@ExtendWith(LeakGuard.class)
class FuzzTest {

  private static final int V3_0 = 3 << 16;
  private static final int ROUNDS = Integer.getInteger("coppice.fuzz.rounds", 5_000);
  private static final long SEED = Long.getLong("coppice.seed", System.nanoTime());
  private static final int MOST_BYTES = 64 << 10;

  private static final int[] LENGTHS = {
    Integer.MIN_VALUE,
    -1,
    0,
    1,
    3,
    4,
    5,
    7,
    8,
    9,
    4095,
    4096,
    4097,
    4100,
    4101,
    9_999,
    10_000,
    10_001,
    65_535,
    1 << 20,
    Integer.MAX_VALUE
  };

  private static final byte[] STARTUP =
      StartupBytes.message(V3_0, "user", "app.pr-1", "database", "shop", "options", "-c a=b");

  private final HandshakeLab lab;

  FuzzTest(@TempDir Path directory) {
    lab =
        new HandshakeLab(
            directory,
            new ProxyLimits(
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                new LoginLimits(MOST_BYTES, Integer.MAX_VALUE, Duration.ofMinutes(1)),
                IdleLimits.NONE));
  }

  @AfterEach
  void close() {
    lab.close();
  }

  /** A client's side of a login as far as it needs no answer to be known. */
  private static byte[] dialogue() {
    return concat(STARTUP, saslInitial(new ScramClient("n,,", new byte[0])));
  }

  private static byte[] concat(byte[]... parts) {
    return StartupBytes.bytes(Unpooled.wrappedBuffer(parts));
  }

  /** Sends parts, then more until the proxy has had enough, and looks at what came of it. */
  private void survives(String what, Random random, byte[] bytes) {
    EmbeddedChannel client = lab.connect();
    try {
      int at = 0;
      while (at < bytes.length && client.isOpen()) {
        int chunk = 1 + random.nextInt(bytes.length - at);
        send(client, Arrays.copyOfRange(bytes, at, at + chunk));
        at += chunk;
      }
      byte[] more = new byte[4096];
      for (int extra = 0; client.isOpen() && extra <= MOST_BYTES; extra += more.length) {
        random.nextBytes(more);
        send(client, more);
      }
      client.checkException();
      assertThat(client.isOpen()).as("the client is still listened to").isFalse();
      if (bytes.length > 0 && bytes[0] != 0x16 && !wantedTls(bytes)) {
        assertAnswered(client);
      }
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("-Dcoppice.seed=%d, %s".formatted(SEED, what), e);
    } finally {
      client.finishAndReleaseAll();
    }
  }

  /** Behind an SSLRequest everything is a TLS record; GSSENCRequest may have come before it. */
  private static boolean wantedTls(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1).contains("\0\0\0\10\4\322\26/");
  }

  private static void assertAnswered(EmbeddedChannel client) {
    ByteBuf answer = HandshakeLab.outbound(client);
    try {
      if (answer.isReadable() && answer.getByte(answer.readerIndex()) == 'N') {
        answer.skipBytes(1);
      }
      if (!answer.isReadable()) {
        // A cancel request, which is never answered.
        return;
      }
      Map<Character, String> error = BackendBytes.parse(answer).error();
      assertThat(error).containsKeys('S', 'V', 'C', 'M');
      assertThat(error.get('C')).matches("[0-9A-Z]{5}").isNotEqualTo("XX000");
    } finally {
      answer.release();
    }
  }

  @Test
  void everyTruncation() {
    Random random = new Random(SEED);
    byte[] whole = dialogue();
    for (int length = 1; length <= whole.length; length++) {
      survives("cut at " + length, random, Arrays.copyOf(whole, length));
    }
  }

  @Test
  void everyLengthAtItsBounds() {
    Random random = new Random(SEED);
    byte[] whole = dialogue();
    int sasl = STARTUP.length;
    int initial = sasl + 5 + "SCRAM-SHA-256\0".length();
    for (int field : new int[] {0, sasl + 1, initial}) {
      for (int length : LENGTHS) {
        byte[] changed = whole.clone();
        ByteBuffer.wrap(changed).putInt(field, length);
        survives("length %d at %d".formatted(length, field), random, changed);
      }
    }
  }

  @Test
  void randomBytes() {
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = new byte[1 + random.nextInt(200)];
      random.nextBytes(bytes);
      survives("round " + round, random, bytes);
    }
  }

  @Test
  void changedDialogues() {
    Random random = new Random(SEED);
    byte[][] openings = {
      {},
      StartupBytes.request(5680),
      StartupBytes.request(5679),
      StartupBytes.cancel(1, new byte[4]),
      {0x16, 3, 1, 0, 100},
    };
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = concat(openings[random.nextInt(openings.length)], dialogue());
      for (int changes = 1 + random.nextInt(6); changes > 0; changes--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      survives("round " + round, random, bytes);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.b.c.pr-1",
        "two words.pr-1",
        "\"quoted\".pr-1",
        "o'x.pr-1",
        "∞ ünïcode 🌲.pr-1",
        "app.pr-1 ",
        "app.PR-1",
        "app..pr-1",
        ".",
        "..",
        "app.",
        "%s%n.pr-1",
        "a\tb\r\n.pr-1",
        "app.'; DROP TABLE x; --",
        "app.\u0001\u007f"
      })
  void anyNames(String user) {
    EmbeddedChannel client = lab.connect();
    send(client, StartupBytes.message(V3_0, "user", user));
    BackendBytes answer = sent(client);
    assertThat(answer.messages()).as(user).hasSize(1);
    if (!client.isOpen()) {
      assertThat(answer.error()).containsKeys('S', 'V', 'C', 'M', 'H');
    }
    client.finishAndReleaseAll();
  }

  @Test
  void longNamesAndValues() {
    for (String name : List.of("user", "database", "options", "application_name", "_pq_.x")) {
      for (int length : new int[] {63, 64, 1_000, 9_900}) {
        EmbeddedChannel client = lab.connect();
        String value = "x".repeat(length);
        send(client, StartupBytes.message(V3_0, "user", "app.pr-1", name, value));
        BackendBytes answer = sent(client);
        if (!client.isOpen()) {
          assertThat(answer.error()).as(name).containsKeys('S', 'V', 'C', 'M');
        }
        client.finishAndReleaseAll();
      }
    }
  }

  @Test
  void whatWatchesASessionSurvivesAnything() {
    Random random = new Random(SEED);
    for (int round = 0; round < ROUNDS; round++) {
      SessionWatch watch = new SessionWatch();
      MessageHeaders headers = new MessageHeaders((type, first) -> {});
      for (int i = 0; i < 4; i++) {
        byte[] bytes = new byte[random.nextInt(100)];
        random.nextBytes(bytes);
        if (bytes.length > 5 && random.nextBoolean()) {
          bytes[0] = (byte) "QPBSEXZDCE".charAt(random.nextInt(10));
          ByteBuffer.wrap(bytes).putInt(1, LENGTHS[random.nextInt(LENGTHS.length)]);
        }
        ByteBuf passing = Unpooled.wrappedBuffer(bytes);
        try {
          watch.client(passing);
          watch.engine(passing);
          headers.pass(passing);
          Farewell.start(passing);
        } catch (RuntimeException e) {
          throw new AssertionError("-Dcoppice.seed=%d, round %d".formatted(SEED, round), e);
        }
        assertThat(passing.readableBytes()).isEqualTo(bytes.length);
      }
    }
  }
}
