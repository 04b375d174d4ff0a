package dev.coppice.server.cli;

import dev.coppice.server.demo.Demo;
import java.io.PrintWriter;

/** Shows a pull's events to people: bars on a terminal, lines elsewhere. */
interface PullProgress extends Demo.Progress {

  static PullProgress on(PrintWriter err) {
    int columns = Integer.getInteger("coppice.stderr.columns", 0);
    return columns >= PullBars.FEWEST_COLUMNS ? new PullBars(err, columns) : new PullLines(err);
  }

  /** Leaves the cursor on a fresh line; may be called more than once. */
  @Override
  void close();
}
