package dev.coppice.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class PullProgressTest {
  private static final List<String> EVENTS =
      List.of(
          "{'event':'phase','phase':'preflight'}",
          "{'event':'phase','phase':'copy'}",
          "{'event':'tables','tables':[{'table':'a.big','rows_estimate':1000,'bytes_estimate':90000},"
              + "{'table':'a.small','rows_estimate':0,'bytes_estimate':10000}]}",
          "{'event':'progress','table':'a.big','rows':500,'bytes':4000}",
          "{'event':'alive'}",
          "{'event':'table_finished','table':'a.small','rows':7,'bytes':70}",
          "{'event':'phase','phase':'large_objects'}");

  private final StringWriter err = new StringWriter();

  @Test
  void withoutATerminalThereIsALineForEachPhaseAndTable() throws JsonProcessingException {
    play(new PullLines(new PrintWriter(err, true)));

    assertThat(err.toString())
        .isEqualTo("preflight\ncopy\n  a.small: 7 rows, 70 B\nlarge objects\n");
  }

  @Test
  void onATerminalBarsAreRedrawnAndLeaveNothing() throws JsonProcessingException {
    play(new PullBars(new PrintWriter(err, true), 200, clock()));

    assertThat(err.toString())
        .contains("a.big", "500 of ~1,000 rows, 4.00 kB\n")
        .contains("500 of ~1,000 rows, 4.00 kB, 2 s left\n")
        .contains("1 of 2 tables", "507 rows, 4.07 kB, 2 s left\n")
        .endsWith("\033[J");
  }

  @Test
  void aNarrowTerminalKeepsTheTimeLeft() throws JsonProcessingException {
    play(new PullBars(new PrintWriter(err, true), 80, clock()));

    assertThat(err.toString()).contains("2 s left\n");
    assertThat(err.toString().lines())
        .allMatch(line -> line.length() <= 80 + "\033[2A\033[J".length());
  }

  /** A second passes between any two looks at it. */
  private static LongSupplier clock() {
    AtomicLong nanos = new AtomicLong();
    return () -> nanos.addAndGet(1_000_000_000);
  }

  @Test
  void progressIsWeightedBySize() throws JsonProcessingException {
    PullState state = new PullState();
    for (String event : EVENTS) {
      state.apply(new ObjectMapper().readTree(event.replace('\'', '"')));
    }

    assertThat(state.done()).isEqualTo((0.5 * 90000 + 10000) / 100000);
    assertThat(state.rows()).isEqualTo(507);
    assertThat(state.active()).extracting(PullState.Table::name).containsExactly("a.big");
  }

  @Test
  void aBarHasEighths() {
    assertThat(PullBars.bar(0, 20)).isBlank().hasSize(20);
    assertThat(PullBars.bar(1, 20)).isEqualTo("█".repeat(20));
    assertThat(PullBars.bar(0.5, 20)).isEqualTo("█".repeat(10) + " ".repeat(10));
    assertThat(PullBars.bar(0.51, 20)).isEqualTo("█".repeat(10) + "▎" + " ".repeat(9));
  }

  private static void play(PullProgress progress) throws JsonProcessingException {
    try (progress) {
      for (String event : EVENTS) {
        progress.accept(new ObjectMapper().readTree(event.replace('\'', '"')));
      }
    }
  }
}
