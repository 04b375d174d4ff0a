package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.wire.StartupBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A field passes without being held, however large it is. The largest that Postgres takes: {@code
 * -Dcoppice.field.bytes=1073741000}.
 */
@ExtendWith(LeakGuard.class)
class LargeFieldIT {

  private static final int FIELD_BYTES = Integer.getInteger("coppice.field.bytes", 40 << 20);

  /** The pool's chunks, of which every event loop has some. */
  private static final long MOST_BUFFER_BYTES = 20 << 20;

  private static final int PART_BYTES = 1 << 20;
  private static final byte[] STATEMENT =
      RawClient.message('P', "\0SELECT length($1::text)\0\0\0".getBytes(StandardCharsets.US_ASCII));

  @RegisterExtension static final SharedProxy PROXY = new SharedProxy();

  private final AtomicLong most = new AtomicLong();

  /** Of the proxy, and of nobody else: the client of these tests uses arrays. */
  private void look() {
    long bytes = (long) PROXY.fixture().metrics.get("coppice.proxy.buffers").gauge().value();
    most.accumulateAndGet(bytes, Math::max);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void comesFromTheEngine(boolean secure) {
    try (RawClient client = new RawClient(PROXY.fixture().port(), secure).logIn()) {
      client.readUntil('Z');
      client.send(RawClient.query("SELECT repeat('x', %d)".formatted(FIELD_BYTES)));
      assertThat(client.read().type()).isEqualTo('T');
      assertThat(client.pass(this::look)).isEqualTo(2 + 4 + FIELD_BYTES);
      assertThat(client.readUntil('Z')).isEqualTo("CZ");
      end(client);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void comesFromTheClient(boolean secure) {
    try (RawClient client = new RawClient(PROXY.fixture().port(), secure).logIn()) {
      client.readUntil('Z');
      client.send(STATEMENT, bindWithoutItsField());
      byte[] part = new byte[PART_BYTES];
      Arrays.fill(part, (byte) 'x');
      for (int left = FIELD_BYTES; left > 0; left -= part.length) {
        client.send(left < part.length ? Arrays.copyOf(part, left) : part);
        look();
      }
      client.send(
          new byte[] {0, 0},
          RawClient.message('E', new byte[] {0, 0, 0, 0, 0}),
          RawClient.message('S', new byte[0]));
      byte[] row = client.next('D').body();
      assertThat(new String(row, 6, row.length - 6, StandardCharsets.US_ASCII))
          .isEqualTo(Integer.toString(FIELD_BYTES));
      client.readUntil('Z');
      end(client);
    }
  }

  /** Portal, statement and formats; one field, and behind it the formats of the answer. */
  private static byte[] bindWithoutItsField() {
    ByteBuf body = Unpooled.buffer().writeByte(0).writeByte(0).writeShort(0);
    body.writeShort(1).writeInt(FIELD_BYTES);
    byte[] message = RawClient.message('B', StartupBytes.bytes(body));
    int rest = FIELD_BYTES + 2;
    ByteBuffer.wrap(message).putInt(1, message.length - 1 + rest);
    return message;
  }

  private void end(RawClient client) {
    client.send(RawClient.terminate());
    client.readRawToEnd();
    System.err.printf("%d bytes passed, buffers %d at most%n", FIELD_BYTES, most.get());
    assertThat(most.get()).isLessThan(MOST_BUFFER_BYTES);
  }
}
