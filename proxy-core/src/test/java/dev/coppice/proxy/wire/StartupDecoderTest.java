package dev.coppice.proxy.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.wire.StartupPacket.CancelRequest;
import dev.coppice.proxy.wire.StartupPacket.GssRequest;
import dev.coppice.proxy.wire.StartupPacket.StartupMessage;
import dev.coppice.proxy.wire.StartupPacket.TlsRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StartupDecoderTest {

  private static final int V3_0 = 3 << 16;

  static Stream<Arguments> packets() {
    byte[] longSecret = new byte[256];
    new Random(1).nextBytes(longSecret);
    return Stream.of(
        Arguments.of(StartupBytes.request(5679), new TlsRequest()),
        Arguments.of(StartupBytes.request(5680), new GssRequest()),
        Arguments.of(
            StartupBytes.cancel(-7, new byte[] {1, 2, 3, 4}),
            new CancelRequest(new CancelKey(-7, ByteBuffer.wrap(new byte[] {1, 2, 3, 4})))),
        Arguments.of(
            StartupBytes.cancel(42, longSecret),
            new CancelRequest(new CancelKey(42, ByteBuffer.wrap(longSecret)))),
        Arguments.of(
            StartupBytes.message(V3_0, "user", "app.pr-1", "database", "shop"),
            new StartupMessage(0, Map.of("user", "app.pr-1", "database", "shop"))),
        Arguments.of(
            StartupBytes.message(V3_0 + 2, "user", "a", "options", "", "user", "b"),
            new StartupMessage(2, Map.of("user", "b", "options", ""))),
        Arguments.of(
            StartupBytes.message(V3_0, "_pq_.b", "1", "user", "a", "_pq_.a", "2"),
            new StartupMessage(0, Map.of("user", "a"), List.of("_pq_.b", "_pq_.a"))));
  }

  @ParameterizedTest
  @MethodSource("packets")
  void readsEachPacketSplitAtEveryByte(byte[] bytes, StartupPacket expected) {
    for (int split = 0; split <= bytes.length; split++) {
      EmbeddedChannel channel = new EmbeddedChannel(new StartupDecoder());
      channel.writeInbound(Unpooled.copiedBuffer(bytes, 0, split));
      channel.writeInbound(Unpooled.copiedBuffer(bytes, split, bytes.length - split));
      assertThat(channel.<StartupPacket>readInbound()).as("split at %d", split).isEqualTo(expected);
      assertThat(channel.finish()).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("packets")
  void waitsForTheRestOfATruncatedPacket(byte[] bytes, StartupPacket expected) {
    for (int length = 0; length < bytes.length; length++) {
      EmbeddedChannel channel = new EmbeddedChannel(new StartupDecoder());
      assertThat(channel.writeInbound(Unpooled.copiedBuffer(bytes, 0, length))).isFalse();
      assertThat(channel.finish()).as("%s cut at %d", expected, length).isFalse();
    }
  }

  @Test
  void keepsBytesThatAreNotUtf8() {
    EmbeddedChannel channel = new EmbeddedChannel(new StartupDecoder());
    channel.writeInbound(Unpooled.copiedBuffer(StartupBytes.message(V3_0, "user", "é")));
    StartupMessage message = channel.readInbound();
    assertThat(message.parameters())
        .containsEntry(
            "user", new String("é".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
    channel.finish();
  }

  @Test
  void leavesWhatFollowsTheStartupMessageToTheNextHandler() {
    byte[] startup = StartupBytes.message(V3_0, "user", "a");
    EmbeddedChannel channel = new EmbeddedChannel(new StartupDecoder());
    channel.writeInbound(Unpooled.wrappedBuffer(startup, new byte[] {'p', 0, 0, 0, 4}));
    assertThat(channel.<Object>readInbound()).isInstanceOf(StartupMessage.class);
    StartupDecoder decoder = channel.pipeline().get(StartupDecoder.class);
    assertThat(decoder.hasBufferedBytes()).isTrue();
    channel.pipeline().remove(decoder);
    ByteBuf rest = channel.readInbound();
    assertThat(StartupBytes.bytes(rest)).containsExactly('p', 0, 0, 0, 4);
    channel.finish();
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 4, 7, 10_001, 0x47455420, Integer.MAX_VALUE})
  void refusesLengthsOutOfBoundsBeforeTheBodyArrives(int length) {
    assertRefused("08P01", Unpooled.buffer().writeInt(length).array(), 4);
  }

  @Test
  void takesThePacketOfTheGreatestLength() {
    int overhead = StartupBytes.message(V3_0, "user", "").length;
    byte[] greatest =
        StartupBytes.message(V3_0, "user", "x".repeat(StartupDecoder.MAX_PACKET_BYTES - overhead));
    EmbeddedChannel channel = new EmbeddedChannel(new StartupDecoder());
    assertThat(channel.writeInbound(Unpooled.wrappedBuffer(greatest))).isTrue();
    channel.finishAndReleaseAll();
  }

  @Test
  void refusesWhatIsNotProtocolThree() {
    assertRefused("0A000", StartupBytes.message(2 << 16, "user", "a"));
    assertRefused("0A000", StartupBytes.message(4 << 16, "user", "a"));
    assertRefused("08P01", StartupBytes.request(1));
  }

  @Test
  void refusesMalformedBodies() {
    byte[] good = StartupBytes.message(V3_0, "user", "a");
    byte[] unterminated = Arrays.copyOf(good, good.length - 1);
    unterminated[3]--;
    assertRefused("08P01", unterminated);
    byte[] trailing = Arrays.copyOf(good, good.length + 1);
    trailing[3]++;
    assertRefused("08P01", trailing);
    assertRefused("08P01", StartupBytes.cancel(1, new byte[0]));
    assertRefused("08P01", StartupBytes.cancel(1, new byte[257]));
  }

  @Test
  void survivesAnything() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = mutated(random);
      EmbeddedChannel channel = new EmbeddedChannel(new StartupDecoder());
      try {
        int at = 0;
        while (at < bytes.length) {
          int chunk = 1 + random.nextInt(bytes.length - at);
          channel.writeInbound(Unpooled.copiedBuffer(bytes, at, chunk));
          at += chunk;
        }
      } catch (DecoderException e) {
        assertThat(e)
            .as("seed %d round %d", seed, round)
            .hasCauseInstanceOf(RefusedException.class);
      }
      channel.finishAndReleaseAll();
    }
  }

  /** Random bytes, or a good packet with some bytes changed, cut or added. */
  private static byte[] mutated(Random random) {
    byte[] bytes;
    if (random.nextInt(4) == 0) {
      bytes = new byte[random.nextInt(64)];
      random.nextBytes(bytes);
      return bytes;
    }
    bytes =
        switch (random.nextInt(3)) {
          case 0 ->
              StartupBytes.message(V3_0 + random.nextInt(3), "user", "a.b", "database", "c@b");
          case 1 -> StartupBytes.request(5678 + random.nextInt(4));
          default -> StartupBytes.cancel(random.nextInt(), new byte[random.nextInt(300)]);
        };
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    return Arrays.copyOf(bytes, random.nextInt(bytes.length + 16));
  }

  private static void assertRefused(String sqlState, byte[] bytes) {
    assertRefused(sqlState, bytes, bytes.length);
  }

  private static void assertRefused(String sqlState, byte[] bytes, int length) {
    EmbeddedChannel channel = new EmbeddedChannel(new StartupDecoder());
    assertThatThrownBy(() -> channel.writeInbound(Unpooled.copiedBuffer(bytes, 0, length)))
        .cause()
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.refusal().sqlState()).isEqualTo(sqlState));
    assertThat(channel.writeInbound(Unpooled.copiedBuffer(new byte[100]))).isFalse();
    channel.finishAndReleaseAll();
  }
}
