package dev.coppice.server.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void alignsTextLeftAndNumbersRight() {
    assertThat(new TextTable("NAME", "SIZE>", "X").row("ä", "5", "y").row("long name", "123", ""))
        .hasToString(
            """
            NAME       SIZE  X
            ä             5  y
            long name   123
            """);
  }

  @Test
  void aRowHasAsManyCellsAsThereAreColumns() {
    assertThatThrownBy(() -> new TextTable("A", "B").row("x"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
