package dev.coppice.benchmarks;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Waits until a server's engines are warm, so that a figure shows the case it is named after. */
final class WarmPool {

  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Pattern WARM =
      Pattern.compile("^coppice_engines_warm ([0-9.]+)$", Pattern.MULTILINE);

  private WarmPool() {}

  /** Returns once that many engines wait, those of all sources together. */
  static void awaitFull(ServerProcess server, int engines)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!full(server.metrics(), engines)) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("no warm engines after " + DEADLINE);
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static boolean full(String metrics, int engines) {
    Matcher matcher = WARM.matcher(metrics);
    return matcher.find() && Double.parseDouble(matcher.group(1)) >= engines;
  }
}
