package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.function.Consumer;

/** Shows a pull's events to people: bars on a terminal, lines elsewhere. */
interface PullProgress extends Consumer<JsonNode>, AutoCloseable {

  static PullProgress on(PrintWriter err) {
    int columns = Integer.getInteger("coppice.stderr.columns", 0);
    return columns >= PullBars.FEWEST_COLUMNS ? new PullBars(err, columns) : new PullLines(err);
  }

  /** Leaves the cursor on a fresh line; may be called more than once. */
  @Override
  void close();
}
