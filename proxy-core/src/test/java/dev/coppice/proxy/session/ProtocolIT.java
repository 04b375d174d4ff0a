package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.wire.StartupBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What few drivers say, byte by byte: plainly, and over TLS. */
@ExtendWith(LeakGuard.class)
class ProtocolIT {

  /** The oid of int4pl (pg_proc.dat). */
  private static final int PLUS = 177;

  private static final byte[] SYNC = RawClient.message('S', new byte[0]);

  @RegisterExtension static final SharedProxy PROXY = new SharedProxy();

  private static RawClient connect(boolean secure) {
    return new RawClient(PROXY.fixture().port(), secure);
  }

  private static RawClient ready(boolean secure) {
    RawClient client = connect(secure).logIn();
    client.readUntil('Z');
    return client;
  }

  private static byte[] message(char type, String body) {
    return RawClient.message(type, body.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Reads up to a ReadyForQuery. */
  private static List<BackendBytes.Message> answers(RawClient client) {
    List<BackendBytes.Message> messages = new ArrayList<>();
    do {
      messages.add(client.read());
    } while (messages.getLast().type() != 'Z');
    return messages;
  }

  private static void leave(RawClient client) {
    client.send(RawClient.terminate());
    client.readRawToEnd();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClientOfTheFutureIsToldWhatIsSpoken(boolean secure) {
    try (RawClient client = connect(secure)) {
      client.startup(9999, "user", "app.pr-1", "_pq_.new", "1", "application_name", "future");
      assertThat(client.read().body())
          .isEqualTo("\0\3\0\2\0\0\0\1_pq_.new\0".getBytes(StandardCharsets.US_ASCII));
      client.authenticate();
      assertThat(client.next('K').body()).hasSize(4 + 32);
      client.readUntil('Z');
      client.send(RawClient.query("SHOW application_name"));
      assertThat(client.next('D').body()).endsWith("future".getBytes(StandardCharsets.US_ASCII));
      client.readUntil('Z');
      leave(client);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void onlyTheWholeKeyCancels(boolean secure) {
    for (int minor : new int[] {0, 2}) {
      try (RawClient client = connect(secure)) {
        client.startup(minor, "user", "app.pr-1", "database", "shop").authenticate();
        byte[] key = client.next('K').body();
        assertThat(key).hasSize(4 + (minor == 0 ? 4 : 32));
        client.readUntil('Z');
        client.send(RawClient.query("SELECT pg_sleep(3600)"));
        PROXY.fixture().awaitSleep();
        byte[] other = key.clone();
        other[key.length - 1] ^= 1;
        cancel(secure, other);
        cancel(secure, Arrays.copyOf(key, key.length - 1));
        cancel(secure, Arrays.copyOf(key, key.length + 1));
        PROXY.fixture().awaitSleep();
        cancel(secure, key);
        assertThat(client.next('E').fields()).containsEntry('C', "57014");
        client.readUntil('Z');
        leave(client);
      }
    }
  }

  private static void cancel(boolean secure, byte[] key) {
    try (RawClient canceller = connect(secure)) {
      canceller.send(
          StartupBytes.cancel(
              ByteBuffer.wrap(key).getInt(), Arrays.copyOfRange(key, 4, key.length)));
      assertThat(canceller.readToEnd().messages()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void functionsAreCalled(boolean secure) {
    try (RawClient client = ready(secure)) {
      client.send(functionCall(PLUS), functionCall(0), functionCall(PLUS));
      List<BackendBytes.Message> first = answers(client);
      assertThat(first.getFirst().type()).isEqualTo('V');
      assertThat(first.getFirst().body()).containsExactly(0, 0, 0, 2, '4', '2');
      assertThat(answers(client).getFirst().type()).isEqualTo('E');
      assertThat(answers(client).getFirst().type()).isEqualTo('V');
      leave(client);
    }
  }

  /** Of "40" and "2", as texts. */
  private static byte[] functionCall(int function) {
    ByteBuf body = Unpooled.buffer().writeInt(function).writeShort(0).writeShort(2);
    body.writeInt(2).writeByte('4').writeByte('0').writeInt(1).writeByte('2').writeShort(0);
    return RawClient.message('F', StartupBytes.bytes(body));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noticesAndParametersComeInTheirPlaces(boolean secure) {
    try (RawClient client = ready(secure)) {
      client.send(
          RawClient.query(
              "SET client_min_messages = notice; DO 'BEGIN RAISE NOTICE ''heard''; END';"
                  + " SET application_name = 'renamed'"));
      List<BackendBytes.Message> messages = answers(client);
      assertThat(new BackendBytes(messages).types()).isEqualTo("CNCCSZ");
      assertThat(messages.get(1).fields()).containsEntry('M', "heard");
      assertThat(messages.get(4).body())
          .isEqualTo("application_name\0renamed\0".getBytes(StandardCharsets.US_ASCII));
      leave(client);
    }
  }

  /** However the bytes come: all at once, or one by one. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pipelinesPortalsAndErrorsAreAnsweredInOrder(boolean secure) {
    byte[] fewRows = message('E', "portal\0\0\0\0\2");
    byte[] pipeline =
        StartupBytes.bytes(
            Unpooled.wrappedBuffer(
                message('P', "rows\0SELECT generate_series(1, 5)\0\0\0"),
                message('B', "portal\0rows\0\0\0\0\0\0\0"),
                message('D', "Pportal\0"),
                fewRows,
                fewRows,
                fewRows,
                message('C', "Pportal\0"),
                SYNC,
                message('P', "\0SELECT nonsense\0\0\0"),
                message('B', "\0\0\0\0\0\0\0\0"),
                message('E', "\0\0\0\0\0"),
                SYNC,
                message('B', "\0rows\0\0\0\0\0\0\0"),
                message('E', "\0\0\0\0\0"),
                SYNC));
    try (RawClient client = ready(secure)) {
      client.send(pipeline);
      assertPipeline(client);
      client.send(RawClient.query("DEALLOCATE rows")).readUntil('Z');
      for (byte single : pipeline) {
        client.send(new byte[] {single});
      }
      assertPipeline(client);
      leave(client);
    }
  }

  private static void assertPipeline(RawClient client) {
    assertThat(client.readUntil('Z')).isEqualTo("12TDDsDDsDC3Z");
    assertThat(client.readUntil('Z')).isEqualTo("EZ");
    assertThat(client.readUntil('Z')).isEqualTo("2DDDDDCZ");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFlushIsAnsweredBeforeTheSync(boolean secure) {
    try (RawClient client = ready(secure)) {
      client.send(message('P', "\0SELECT 1\0\0\0"), RawClient.message('H', new byte[0]));
      assertThat(client.read().type()).isEqualTo('1');
      client.send(SYNC);
      assertThat(client.readUntil('Z')).isEqualTo("Z");
      leave(client);
    }
  }
}
