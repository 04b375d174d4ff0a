package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.wire.StartupBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakGuard.class)
class SessionCheckTest {

  private static final byte[] PARSED = RawClient.message('1', new byte[0]);
  private static final byte[] BOUND = RawClient.message('2', new byte[0]);
  private static final byte[] READY = RawClient.message('Z', new byte[] {'I'});

  private final EmbeddedChannel engine = new EmbeddedChannel();
  private final List<Optional<String>> answers = new ArrayList<>();

  private int claims;

  @SuppressWarnings("NullAway.Init") // by prepare()
  private SessionCheck check;

  @BeforeEach
  void prepare() {
    engine.freezeTime();
    check = SessionCheck.on(engine, 10_000, () -> claims++);
    assertThat(asked()).contains("SELECT");
    HandshakeLab.send(
        engine, StartupBytes.bytes(Unpooled.wrappedBuffer(PARSED, PARSED, PARSED, READY)));
  }

  @AfterEach
  void close() {
    engine.finishAndReleaseAll();
  }

  /** What the engine was sent since the last call; empty if nothing. */
  private String asked() {
    ByteBuf bytes = HandshakeLab.outbound(engine);
    try {
      return bytes.toString(StandardCharsets.ISO_8859_1);
    } finally {
      bytes.release();
    }
  }

  private void answer(@Nullable String... columns) {
    ByteBuf row = Unpooled.buffer().writeShort(columns.length);
    for (String column : columns) {
      if (column == null) {
        row.writeInt(-1);
      } else {
        row.writeInt(column.length()).writeBytes(column.getBytes(StandardCharsets.US_ASCII));
      }
    }
    byte[] message = RawClient.message('D', StartupBytes.bytes(row));
    HandshakeLab.send(engine, StartupBytes.bytes(Unpooled.wrappedBuffer(BOUND, message, READY)));
  }

  private void ask() {
    check.ask(answers::add);
  }

  private void askFirst() {
    ask();
    assertThat(asked()).contains("fingerprint");
    answer("one", "state-1");
    assertThat(answers).containsExactly(Optional.of("one"));
  }

  @Test
  void aFingerprintHoldsWhileNothingHasHappened() {
    askFirst();
    for (int i = 0; i < 3; i++) {
      ask();
      assertThat(asked()).contains("state").doesNotContain("fingerprint");
      answer("state-1");
      assertThat(asked()).isEmpty();
    }
    assertThat(answers).hasSize(4).containsOnly(Optional.of("one"));
  }

  @Test
  void itIsTakenAgainWhenSomethingHasHappened() {
    askFirst();
    ask();
    asked();
    answer("state-2");
    assertThat(answers).hasSize(1);
    assertThat(asked()).contains("fingerprint");
    answer("two", "state-2");
    assertThat(answers).containsExactly(Optional.of("one"), Optional.of("two"));
  }

  @Test
  void whoAsksMeanwhileIsAnsweredLater() {
    askFirst();
    ask();
    ask();
    answer("state-1");
    assertThat(answers).hasSize(2);
    answer("state-2");
    answer("two", "state-2");
    assertThat(answers).containsExactly(Optional.of("one"), Optional.of("one"), Optional.of("two"));
  }

  @Test
  void anAnswerWithoutARowProvesNothing() {
    askFirst();
    ask();
    asked();
    HandshakeLab.send(engine, StartupBytes.bytes(Unpooled.wrappedBuffer(BOUND, READY)));
    assertThat(answers).hasSize(1);
    assertThat(asked()).contains("fingerprint");
  }

  private void pass(int seconds) {
    engine.advanceTimeBy(seconds, TimeUnit.SECONDS);
    engine.runScheduledPendingTasks();
  }

  @Test
  void noticesWhoWantsTheDatabaseAlone() {
    askFirst();
    pass(2);
    assertThat(asked()).contains("claim");
    answer("free");
    assertThat(claims).isZero();
    pass(2);
    assertThat(asked()).contains("claim");
    answer("claimed");
    assertThat(claims).isEqualTo(1);
  }

  @Test
  void looksAlsoWhileItIsAskedAllTheTime() {
    askFirst();
    ask();
    asked();
    pass(2);
    ask();
    assertThat(asked()).isEmpty();
    answer("state-1");
    assertThat(asked()).contains("claim").doesNotContain("state");
    answer("free");
    assertThat(asked()).contains("state");
    answer("state-1");
    assertThat(answers).hasSize(3).containsOnly(Optional.of("one"));
  }

  @Test
  void endsWhenItIsOfNoUse() {
    askFirst();
    for (int i = 0; i < 4; i++) {
      pass(2);
      answer("free");
    }
    check.stay();
    for (int i = 0; i < 5; i++) {
      assertThat(engine.isOpen()).isTrue();
      pass(2);
      answer("free");
    }
    assertThat(engine.isOpen()).isFalse();
  }

  @Test
  void noFingerprintIsRemembered() {
    ask();
    asked();
    answer(null, "state-1");
    assertThat(answers).containsExactly(Optional.empty());
    ask();
    assertThat(asked()).contains("fingerprint");
    answer("one", "state-1");
    assertThat(answers).containsExactly(Optional.empty(), Optional.of("one"));
  }
}
