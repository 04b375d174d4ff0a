package dev.coppice.server.rest;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the HTTP port for its health until the code behind it is compiled. Without this the first
 * hundreds of requests take three times as long as later ones.
 */
final class WarmUp implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);
  private static final int REQUESTS = 1_500;
  private static final Duration LONGEST = Duration.ofSeconds(3);
  private static final int TIMEOUT_MILLIS = 1_000;

  /** The User-Agent by which such a request is known, and kept out of the metrics. */
  static final String AGENT = "coppice-warm-up";

  private final String health;

  /**
   * @param url the base of the HTTP interface
   */
  WarmUp(String url) {
    this.health = url + "/healthz";
  }

  @Override
  public void run() {
    long end = System.nanoTime() + LONGEST.toNanos();
    try {
      for (int i = 0; i < REQUESTS && System.nanoTime() < end; i++) {
        HttpURLConnection connection =
            (HttpURLConnection) URI.create(health).toURL().openConnection();
        connection.setRequestProperty("User-Agent", AGENT);
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        try (InputStream answer = connection.getInputStream()) {
          answer.readAllBytes();
        }
      }
    } catch (IOException e) {
      LOG.debug("the warm-up ended early: {}", e.toString());
    }
  }
}
