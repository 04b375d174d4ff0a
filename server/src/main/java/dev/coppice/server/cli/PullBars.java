package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.server.output.Figures;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** A bar for each table that is being copied and one for the whole, redrawn in place. */
final class PullBars implements PullProgress {
  static final int FEWEST_COLUMNS = 40;
  private static final int MOST_TABLES = 8;
  private static final int WIDE_COLUMNS = 110;
  private static final long REDRAW_NANOS = 100_000_000;
  private static final long ENOUGH_NANOS = 500_000_000;
  private static final String PARTS = " ▏▎▍▌▋▊▉█";

  private final PrintWriter err;
  private final int columns;
  private final int nameCells;
  private final int barCells;
  private final LongSupplier nanoTime;
  private final PullState state = new PullState();
  private final Map<String, Long> tableStartedNanos = new HashMap<>();
  private final long startedNanos;
  private long drawnNanos;
  private OptionalLong copyStartedNanos = OptionalLong.empty();
  private int drawnLines;
  private boolean closed;

  PullBars(PrintWriter err, int columns) {
    this(err, columns, System::nanoTime);
  }

  PullBars(PrintWriter err, int columns, LongSupplier nanoTime) {
    this.err = err;
    this.columns = columns;
    this.nameCells = columns < WIDE_COLUMNS ? 18 : 28;
    this.barCells = columns < WIDE_COLUMNS ? 8 : 20;
    this.nanoTime = nanoTime;
    this.startedNanos = nanoTime.getAsLong();
    this.drawnNanos = startedNanos - REDRAW_NANOS;
  }

  @Override
  public void accept(JsonNode event) {
    state.apply(event);
    long now = nanoTime.getAsLong();
    if (copyStartedNanos.isEmpty() && state.rows() > 0) {
      copyStartedNanos = OptionalLong.of(now);
    }
    state.active().forEach(table -> tableStartedNanos.putIfAbsent(table.name(), now));
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
    state.active().stream().limit(MOST_TABLES).forEach(table -> lines.add(tableLine(table, now)));
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

  private String tableLine(PullState.Table table, long now) {
    long began = tableStartedNanos.getOrDefault(table.name(), now);
    return "%s %s %3.0f %%  %s of ~%s rows, %s%s"
        .formatted(
            fitted(table.name()),
            bar(table.done(), barCells),
            100 * table.done(),
            Figures.count(table.rows()),
            Figures.count(Math.max(table.rows(), table.rowsEstimate())),
            Figures.bytes(table.bytes()),
            left(table.done(), now - began));
  }

  private String totalLine(long now) {
    double done = state.done();
    return "%s %s %3.0f %%  %d of %d tables, %s rows, %s%s"
        .formatted(
            fitted("all"),
            bar(done, barCells),
            100 * done,
            state.finished(),
            state.planned(),
            Figures.count(state.rows()),
            Figures.bytes(state.bytes()),
            left(done, now - copyStartedNanos.orElse(now)));
  }

  /** What remains if it goes on as it went; nothing as long as that would be a guess. */
  private static String left(double done, long tookNanos) {
    if (done < 0.01 || done >= 1 || tookNanos < ENOUGH_NANOS) {
      return "";
    }
    double nanos = tookNanos * (1 - done) / done;
    return ", " + Figures.rough(Duration.ofNanos((long) nanos)) + " left";
  }

  private String fitted(String name) {
    return name.length() > nameCells
        ? "…" + name.substring(name.length() - nameCells + 1)
        : name + " ".repeat(nameCells - name.length());
  }

  /** Drawn in eighths of a cell. */
  static String bar(double done, int cells) {
    int eighths = (int) Math.round(done * cells * 8);
    StringBuilder bar = new StringBuilder();
    for (int cell = 0; cell < cells; cell++) {
      bar.append(PARTS.charAt(Math.clamp(eighths - cell * 8L, 0, 8)));
    }
    return bar.toString();
  }
}
