package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is known of a pull from its events so far. */
final class PullState {

  /**
   * @param rowsEstimate the source's own; may be wrong, or 0 for a table never analyzed
   */
  record Table(
      String name, long rowsEstimate, long bytesEstimate, long rows, long bytes, boolean finished) {

    /** From 0 to 1; 1 only when it is finished. */
    double done() {
      if (finished) {
        return 1;
      }
      double fraction =
          rowsEstimate > 0
              ? (double) rows / rowsEstimate
              : bytesEstimate > 0 ? (double) bytes / bytesEstimate : 0;
      return Math.min(fraction, 0.99);
    }

    private double weight() {
      return Math.max(bytesEstimate, 8192);
    }
  }

  private final Map<String, Table> tables = new LinkedHashMap<>();
  private String phase = "connect";

  void apply(JsonNode event) {
    switch (event.path("event").asText()) {
      case "phase" -> phase = event.path("phase").asText();
      case "tables" -> event.path("tables").forEach(this::plan);
      case "progress" -> progress(event, false);
      case "table_finished" -> progress(event, true);
      default -> {
        // Heartbeats, and whatever a newer server may tell.
      }
    }
  }

  private void plan(JsonNode plan) {
    String name = plan.path("table").asText();
    long rows = plan.path("rows_estimate").asLong();
    long bytes = plan.path("bytes_estimate").asLong();
    tables.put(name, new Table(name, rows, bytes, 0, 0, false));
  }

  private void progress(JsonNode event, boolean finished) {
    String name = event.path("table").asText();
    Table known = tables.getOrDefault(name, new Table(name, 0, 0, 0, 0, false));
    tables.put(
        name,
        new Table(
            name,
            known.rowsEstimate(),
            known.bytesEstimate(),
            event.path("rows").asLong(),
            event.path("bytes").asLong(),
            finished || known.finished()));
  }

  String phase() {
    return phase.replace('_', ' ');
  }

  /** Tables that rows are arriving for, the largest first. */
  List<Table> active() {
    return tables.values().stream()
        .filter(table -> !table.finished() && table.rows() > 0)
        .sorted((a, b) -> Long.compare(b.bytesEstimate(), a.bytesEstimate()))
        .toList();
  }

  long finished() {
    return tables.values().stream().filter(Table::finished).count();
  }

  int planned() {
    return tables.size();
  }

  long rows() {
    return tables.values().stream().mapToLong(Table::rows).sum();
  }

  long bytes() {
    return tables.values().stream().mapToLong(Table::bytes).sum();
  }

  /** From 0 to 1, weighted by the tables' sizes. */
  double done() {
    double all = tables.values().stream().mapToDouble(Table::weight).sum();
    double done = tables.values().stream().mapToDouble(t -> t.weight() * t.done()).sum();
    return all == 0 ? 0 : done / all;
  }
}
