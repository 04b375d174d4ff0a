package dev.coppice.server.demo;

import dev.coppice.server.output.Figures;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;

/** Prints each step with the time it took. */
public final class Steps {
  private static final int TEXT_CELLS = 58;

  private final PrintWriter out;
  private final boolean terminal;

  /**
   * @param terminal whether a line may be written over
   */
  public Steps(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** Runs a step; prints it once it has succeeded. */
  <T> T run(String text, Callable<T> step) throws Exception {
    if (terminal) {
      out.print("  … " + text);
      out.flush();
    }
    return timed(text, step);
  }

  /** The same for a step that shows by itself how far it is. */
  <T> T runWithProgress(String text, Callable<T> step) throws Exception {
    return timed(text, step);
  }

  private <T> T timed(String text, Callable<T> step) throws Exception {
    long started = System.nanoTime();
    boolean done = false;
    try {
      T result = step.call();
      done = true;
      return result;
    } finally {
      Duration taken = Duration.ofNanos(System.nanoTime() - started);
      if (terminal) {
        out.print("\r\033[K");
      }
      String mark = done ? "✓" : "✗";
      line(("  %s %-" + TEXT_CELLS + "s %10s").formatted(mark, text, Figures.time(taken)));
    }
  }

  public void title(String text) {
    line("");
    line(text);
  }

  public void line(String text) {
    out.println(text);
    out.flush();
  }
}
