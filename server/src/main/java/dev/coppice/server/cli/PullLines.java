package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coppice.server.output.Figures;
import java.io.PrintWriter;

/** A line for each phase and each finished table. */
final class PullLines implements PullProgress {
  private final PrintWriter err;

  PullLines(PrintWriter err) {
    this.err = err;
  }

  @Override
  public void accept(JsonNode event) {
    switch (event.path("event").asText()) {
      case "phase" -> err.println(event.path("phase").asText().replace('_', ' '));
      case "table_finished" ->
          err.println(
              "  %s: %s rows, %s"
                  .formatted(
                      event.path("table").asText(),
                      Figures.count(event.path("rows").asLong()),
                      Figures.bytes(event.path("bytes").asLong())));
      default -> {
        // Too frequent for a log.
      }
    }
    err.flush();
  }

  @Override
  public void close() {
    err.flush();
  }
}
