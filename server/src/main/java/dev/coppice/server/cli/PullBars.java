package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.server.output.Figures;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A bar for each table that is being copied and one for the whole, redrawn in place. */
final class PullBars implements PullProgress {
  static final int FEWEST_COLUMNS = 40;
  private static final int MOST_TABLES = 8;
  private static final int BAR_CELLS = 20;
  private static final int NAME_CELLS = 28;
  private static final long REDRAW_NANOS = 100_000_000;
  private static final String PARTS = " ▏▎▍▌▋▊▉█";

  private final PrintWriter err;
  private final int columns;
  private final PullState state = new PullState();
  private final long startedNanos = System.nanoTime();
  private long drawnNanos;
  private long copyStartedNanos;
  private int drawnLines;
  private boolean closed;

  PullBars(PrintWriter err, int columns) {
    this.err = err;
    this.columns = columns;
  }

  @Override
  public void accept(JsonNode event) {
    state.apply(event);
    long now = System.nanoTime();
    if (copyStartedNanos == 0 && state.rows() > 0) {
      copyStartedNanos = now;
    }
    boolean phase = event.path("event").asText().equals("phase");
    if (phase || now - drawnNanos >= REDRAW_NANOS) {
      draw(now);
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      erase();
      err.flush();
    }
  }

  private void draw(long now) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%s, %s".formatted(state.phase(), Figures.rough(Duration.ofNanos(now - startedNanos))));
    state.active().stream().limit(MOST_TABLES).forEach(table -> lines.add(tableLine(table)));
    if (state.planned() > 0) {
      lines.add(totalLine(now));
    }
    erase();
    for (String line : lines) {
      err.println(line.length() > columns ? line.substring(0, columns) : line);
    }
    err.flush();
    drawnLines = lines.size();
    drawnNanos = now;
  }

  private void erase() {
    if (drawnLines > 0) {
      err.print("\033[%dA\033[J".formatted(drawnLines));
      drawnLines = 0;
    }
  }

  private static String tableLine(PullState.Table table) {
    return "%s %s %3.0f %%  %s of about %s rows, %s"
        .formatted(
            fitted(table.name()),
            bar(table.done()),
            100 * table.done(),
            Figures.count(table.rows()),
            Figures.count(Math.max(table.rows(), table.rowsEstimate())),
            Figures.bytes(table.bytes()));
  }

  private String totalLine(long now) {
    String left = "";
    double done = state.done();
    if (copyStartedNanos != 0 && done > 0.01 && done < 1) {
      double nanos = (now - copyStartedNanos) * (1 - done) / done;
      left = ", about " + Figures.rough(Duration.ofNanos((long) nanos)) + " left";
    }
    return "%s %s %3.0f %%  %d of %d tables, %s rows, %s%s"
        .formatted(
            fitted("all"),
            bar(done),
            100 * done,
            state.finished(),
            state.planned(),
            Figures.count(state.rows()),
            Figures.bytes(state.bytes()),
            left);
  }

  private static String fitted(String name) {
    return name.length() > NAME_CELLS
        ? "…" + name.substring(name.length() - NAME_CELLS + 1)
        : name + " ".repeat(NAME_CELLS - name.length());
  }

  /** Drawn in eighths of a cell. */
  static String bar(double done) {
    int eighths = (int) Math.round(done * BAR_CELLS * 8);
    StringBuilder bar = new StringBuilder();
    for (int cell = 0; cell < BAR_CELLS; cell++) {
      bar.append(PARTS.charAt(Math.clamp(eighths - cell * 8L, 0, 8)));
    }
    return bar.toString();
  }
}
