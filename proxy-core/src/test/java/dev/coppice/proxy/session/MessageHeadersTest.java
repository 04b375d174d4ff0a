package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MessageHeadersTest {

  private static ByteBuf message(char type, byte... body) {
    return Unpooled.buffer().writeByte(type).writeInt(4 + body.length).writeBytes(body);
  }

  @Test
  void findsEveryMessageHoweverTheyAreSplit() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      List<String> expected = new ArrayList<>();
      ByteBuf all = Unpooled.buffer();
      for (int i = 0; i < 1 + random.nextInt(10); i++) {
        byte[] body = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(300)];
        random.nextBytes(body);
        char type = (char) random.nextInt(256);
        all.writeBytes(message(type, body));
        expected.add((int) type + " " + (body.length == 0 ? -1 : body[0] & 0xff));
      }
      List<String> found = new ArrayList<>();
      MessageHeaders headers =
          new MessageHeaders((type, first) -> found.add((int) type + " " + first));
      while (all.isReadable()) {
        headers.pass(all.readSlice(1 + random.nextInt(Math.min(all.readableBytes(), 40))));
        assertThat(headers.isBetweenMessages() || all.isReadable()).isTrue();
      }
      assertThat(found).as("seed %d round %d", seed, round).isEqualTo(expected);
      assertThat(headers.isBetweenMessages()).isTrue();
    }
  }

  @Test
  void survivesLengthsOutOfBounds() {
    for (int length : new int[] {0, 1, 3, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      List<Character> found = new ArrayList<>();
      MessageHeaders headers = new MessageHeaders((type, first) -> found.add(type));
      headers.pass(Unpooled.buffer().writeByte('Q').writeInt(length).writeBytes(new byte[100]));
      assertThat(found).isNotEmpty().element(0).isEqualTo('Q');
    }
  }
}
