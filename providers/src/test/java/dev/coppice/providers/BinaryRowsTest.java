package dev.coppice.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class BinaryRowsTest {

  @Test
  void headerEndsBeforeTheFirstRow() {
    byte[] message = Arrays.copyOf(BinaryRows.HEADER, BinaryRows.HEADER.length + 2);
    message[BinaryRows.HEADER.length + 1] = 1;

    int from = BinaryRows.headerLength(message);

    assertThat(from).isEqualTo(19);
    assertThat(BinaryRows.isEnd(message, from)).isFalse();
  }

  @Test
  void headerExtensionIsSkipped() {
    byte[] message = Arrays.copyOf(BinaryRows.HEADER, BinaryRows.HEADER.length + 3);
    message[BinaryRows.HEADER.length - 1] = 3;
    assertThat(BinaryRows.headerLength(message)).isEqualTo(22);
  }

  @Test
  void endFollowsTheHeaderOfAnEmptyTable() {
    byte[] message = Arrays.copyOf(BinaryRows.HEADER, BinaryRows.HEADER.length + 2);
    Arrays.fill(message, BinaryRows.HEADER.length, message.length, (byte) 0xff);
    assertThat(BinaryRows.isEnd(message, BinaryRows.headerLength(message))).isTrue();
  }

  @Test
  void otherBytesAreRefused() {
    byte[] flags = BinaryRows.HEADER.clone();
    flags[12] = 1;
    for (byte[] message : new byte[][] {flags, new byte[19], {'P', 'G'}}) {
      assertThatThrownBy(() -> BinaryRows.headerLength(message))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
