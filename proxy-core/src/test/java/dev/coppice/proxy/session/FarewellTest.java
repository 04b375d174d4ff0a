package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.wire.BackendMessages;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FarewellTest {

  private static final byte[] ROW = "D\0\0\0\13\0\1\0\0\0\1x".getBytes(StandardCharsets.ISO_8859_1);

  private static ByteBuf fatal(String sqlState) {
    ByteBuf message = Unpooled.buffer();
    BackendMessages.fatal(message, new Refusal("test", sqlState, "terminating", ""));
    return message;
  }

  @Test
  void standsAtTheEndOfWhatWasRead() {
    assertThat(Farewell.start(fatal("57P01"))).isZero();
    ByteBuf behind = Unpooled.wrappedBuffer(Unpooled.wrappedBuffer(ROW), fatal("57P01"));
    assertThat(Farewell.start(behind)).isEqualTo(ROW.length);
    assertThat(Farewell.start(behind.skipBytes(ROW.length))).isEqualTo(ROW.length);
  }

  @Test
  void isNotAnythingElse() {
    assertThat(Farewell.start(Unpooled.EMPTY_BUFFER)).isEqualTo(-1);
    assertThat(Farewell.start(Unpooled.wrappedBuffer(ROW))).isEqualTo(-1);
    assertThat(Farewell.start(fatal("57P02"))).isEqualTo(-1);
    assertThat(Farewell.start(Unpooled.wrappedBuffer(fatal("57P01"), Unpooled.wrappedBuffer(ROW))))
        .isEqualTo(-1);
    ByteBuf whole = fatal("57P01");
    for (int length = 0; length < whole.writerIndex(); length++) {
      assertThat(Farewell.start(whole.slice(0, length))).as("cut at %d", length).isEqualTo(-1);
    }
  }
}
