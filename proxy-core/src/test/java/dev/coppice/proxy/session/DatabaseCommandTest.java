package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseCommandTest {

  private static ByteBuf message(char type, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return Unpooled.buffer().writeByte(type).writeInt(bytes.length + 4).writeBytes(bytes);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DROP DATABASE shop",
        "drop database if exists \"a b\"",
        "  \n\tDrop Database shop;",
        "CREATE DATABASE copy TEMPLATE shop",
        "ALTER DATABASE shop RENAME TO store",
        "/* task:drop */ DROP DATABASE shop",
        "-- away with it\nDROP DATABASE shop",
      })
  void knowsThemByTheirBeginning(String statement) {
    assertThat(DatabaseCommand.mayBegin(message('Q', statement + "\0"))).isTrue();
    assertThat(DatabaseCommand.mayBegin(message('P', "\0" + statement + "\0\0\0"))).isTrue();
    assertThat(DatabaseCommand.mayBegin(message('P', "name\0" + statement + "\0\0\0"))).isTrue();
    assertThat(
            DatabaseCommand.mayBegin(
                Unpooled.buffer().writeByte('x').skipBytes(1).writeBytes(message('Q', statement))))
        .isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT current_database()",
        "DROP TABLE items",
        "INSERT INTO log VALUES ('drop database')",
        "",
        " ",
        "d",
      })
  void otherStatementsAreNone(String statement) {
    assertThat(DatabaseCommand.mayBegin(message('Q', statement + "\0"))).isFalse();
    assertThat(DatabaseCommand.mayBegin(message('P', "\0" + statement + "\0\0\0"))).isFalse();
  }

  @Test
  void otherMessagesAreNone() {
    for (char type : "BDECSXdpF".toCharArray()) {
      assertThat(DatabaseCommand.mayBegin(message(type, "DROP DATABASE shop\0"))).isFalse();
    }
    assertThat(DatabaseCommand.mayBegin(message('P', "no zero DROP DATABASE"))).isFalse();
  }

  @Test
  void looksNoFurtherThanWhatThereIs() {
    ByteBuf whole = message('Q', "DROP DATABASE shop\0");
    for (int length = 0; length <= whole.readableBytes(); length++) {
      assertThat(DatabaseCommand.mayBegin(whole.slice(0, length)))
          .as("%d bytes", length)
          .isEqualTo(length >= 5 + "DROP DATABASE".length());
    }
  }
}
