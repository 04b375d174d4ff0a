package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.PassingText;
import dev.coppice.proxy.SessionTap;
import dev.coppice.proxy.TappedSession;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TappedMessagesTest {

  private static final TappedSession SESSION =
      new TappedSession("pr-1", "app", "shop", new InetSocketAddress(0), 1);

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void add(ByteBuf all, char type, byte[]... parts) {
    ByteBuf body = Unpooled.wrappedBuffer(parts);
    all.writeByte(type).writeInt(4 + body.readableBytes()).writeBytes(body);
  }

  /** Every kind of message that a client sends, of some of them several. */
  private static ByteBuf client() {
    ByteBuf all = Unpooled.buffer();
    add(all, 'Q', text("SELECT 'ü'\0"));
    add(all, 'P', text("named\0SELECT $1\0"), new byte[] {0, 1, 0, 0, 0, 23});
    add(all, 'B', text("portal\0named\0"), new byte[300]);
    add(all, 'D', text("Pportal\0"));
    add(all, 'E', text("portal\0"), new byte[4]);
    add(all, 'C', text("Pportal\0"));
    add(all, 'C', text("Snamed\0"));
    add(all, 'S');
    add(all, 'd', new byte[500]);
    add(all, 'c');
    add(all, 'F', new byte[20]);
    add(all, 'Q', text("\0"));
    add(all, 'X');
    return all;
  }

  private static final List<String> ASKED =
      List.of(
          "query SELECT 'ü'",
          "parse named: SELECT $1",
          "bind portal: named",
          "sent D 8",
          "execute portal",
          "close portal portal",
          "close statement named",
          "sync",
          "sent d 500",
          "sent c 0",
          "function",
          "query ",
          "sent X 0");

  private static ByteBuf engine() {
    ByteBuf all = Unpooled.buffer();
    add(all, 'T', new byte[40]);
    add(all, 'D', new byte[400]);
    add(all, 'C', text("SELECT 1\0"));
    add(all, 'Z', text("T"));
    add(all, 'E', text("SERROR\0VERROR\0C42601\0Msyntax\0"), new byte[400]);
    add(all, 'E', text("SERROR\0"), new byte[1]);
    add(all, 'N', text("SNOTICE\0C00000\0\0"));
    add(all, 'Z', text("E"));
    return all;
  }

  private static final List<String> ANSWERED =
      List.of(
          "received T 40",
          "received D 400",
          "completed SELECT 1",
          "ready T",
          "failed 42601",
          "failed 0 bytes of more",
          "received N 16",
          "ready E");

  private static List<String> told(ByteBuf client, ByteBuf engine, int[] cuts) {
    RecordingTap tap = new RecordingTap();
    TappedMessages tapped = new TappedMessages(tap);
    pass(client.duplicate(), cuts, tapped::client);
    pass(engine.duplicate(), cuts, tapped::engine);
    return tap.lines;
  }

  private static void pass(ByteBuf bytes, int[] cuts, java.util.function.Consumer<ByteBuf> to) {
    int at = 0;
    for (int cut : cuts) {
      if (cut > at && cut < bytes.writerIndex()) {
        to.accept(bytes.slice(at, cut - at));
        at = cut;
      }
    }
    to.accept(bytes.slice(at, bytes.writerIndex() - at));
  }

  private static List<String> expected() {
    List<String> all = new ArrayList<>(ASKED);
    all.addAll(ANSWERED);
    return all;
  }

  @Test
  void showsEveryMessageWhole() {
    assertThat(told(client(), engine(), new int[0])).isEqualTo(expected());
  }

  @Test
  void showsTheSameHoweverTheBytesAreSplit() {
    ByteBuf client = client();
    for (int cut = 1; cut < client.writerIndex(); cut++) {
      assertThat(told(client, engine(), new int[] {cut}))
          .as("cut at %d", cut)
          .isEqualTo(expected());
    }
    long seed = Long.getLong("coppice.seed", System.nanoTime());
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      int most = 1 + random.nextInt(200);
      int[] cuts = random.ints(most, 1, client.writerIndex()).sorted().toArray();
      assertThat(told(client, engine(), cuts))
          .as("seed %d, round %d", seed, round)
          .isEqualTo(expected());
    }
    int[] every = java.util.stream.IntStream.range(1, client.writerIndex()).toArray();
    assertThat(told(client, engine(), every)).isEqualTo(expected());
  }

  @Test
  void showsTheFrontOfAStatementThatIsTooLong() {
    ByteBuf long1 = Unpooled.buffer();
    add(long1, 'Q', new byte[0], text("x".repeat(SessionTap.MAX_TEXT_BYTES + 10) + "\0"));
    add(long1, 'P', text("n".repeat(2000) + "\0SELECT 1\0"), new byte[2]);
    add(long1, 'Q', text("y".repeat(SessionTap.MAX_TEXT_BYTES) + "\0"));
    List<String> expected =
        List.of(
            "query 65536 bytes of more",
            "parse %s: SELECT 1".formatted("2000 bytes"),
            "query 65536 bytes");
    for (int[] cuts : new int[][] {{}, {3}, {70}, {1000, 65_600, 66_000, 67_000, 70_000}}) {
      assertThat(told(long1, Unpooled.EMPTY_BUFFER, cuts)).isEqualTo(expected);
    }
  }

  /** A gigabyte passes as fast as it comes, and none of it is kept. */
  @Test
  void aGigabyteInOneMessage() {
    RecordingTap tap = new RecordingTap();
    TappedMessages tapped = new TappedMessages(tap);
    ByteBuf part = Unpooled.wrappedBuffer(new byte[1 << 20]);
    for (char type : new char[] {'Q', 'P', 'B', 'd'}) {
      tapped.client(Unpooled.buffer().writeByte(type).writeInt(4 + (1 << 30)));
      for (int i = 0; i < 1 << 10; i++) {
        tapped.client(part);
      }
    }
    tapped.engine(Unpooled.buffer().writeByte('D').writeInt(4 + (1 << 30)));
    for (int i = 0; i < 1 << 10; i++) {
      tapped.engine(part);
    }
    assertThat(tap.lines)
        .containsExactly(
            "query ", "parse : ", "bind : ", "sent d 1073741824", "received D 1073741824");
  }

  @Test
  void survivesLengthsOutOfBounds() {
    for (char type : "QPBECSFdX".toCharArray()) {
      for (int length : new int[] {0, 1, 3, 4, 5, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
        RecordingTap tap = new RecordingTap();
        TappedMessages tapped = new TappedMessages(tap);
        ByteBuf bytes = Unpooled.buffer().writeByte(type).writeInt(length).writeZero(100);
        tapped.client(bytes);
        tapped.engine(bytes);
        assertThat(bytes.readableBytes()).isEqualTo(105);
      }
    }
  }

  @Test
  void aTapThatFailsIsLeftAlone() {
    List<String> heard = new ArrayList<>();
    TappedMessages tapped =
        new TappedMessages(
            new SessionTap() {
              @Override
              public void query(PassingText statements) {
                heard.add(statements.utf8());
                throw new IllegalStateException("full");
              }

              @Override
              public void ended() {
                heard.add("ended");
              }
            });
    tapped.client(client());
    tapped.client(client());
    tapped.ended();
    assertThat(heard).containsExactly("SELECT 'ü'");
    assertThat(
            TappedMessages.of(
                session -> {
                  throw new IllegalStateException("full");
                },
                SESSION))
        .isEmpty();
  }
}
