package dev.coppice.server.rest;

import dev.coppice.providers.PullEvent;
import dev.coppice.providers.PullEvent.PhaseStarted;
import dev.coppice.providers.PullEvent.TableFinished;
import dev.coppice.providers.PullEvent.TableProgress;
import dev.coppice.providers.PullEvent.TablesPlanned;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** The lines that a pull streams. */
final class PullEventView {
  private PullEventView() {}

  static Map<String, Object> of(PullEvent event) {
    Map<String, Object> line = new LinkedHashMap<>();
    switch (event) {
      case TableProgress progress -> {
        line.put("event", "progress");
        addTotals(line, progress.table(), progress.rows(), progress.bytes());
      }
      case TableFinished finished -> {
        line.put("event", "table_finished");
        addTotals(line, finished.table(), finished.rows(), finished.bytes());
      }
      case PhaseStarted started -> {
        line.put("event", "phase");
        line.put("phase", started.phase().name().toLowerCase(Locale.ROOT));
      }
      case TablesPlanned planned -> {
        line.put("event", "tables");
        line.put("tables", planned.tables());
      }
    }
    return line;
  }

  private static void addTotals(Map<String, Object> line, String table, long rows, long bytes) {
    line.put("table", table);
    line.put("rows", rows);
    line.put("bytes", bytes);
  }
}
