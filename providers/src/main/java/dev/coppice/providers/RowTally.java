package dev.coppice.providers;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the source said it sent, by table. */
final class RowTally {

  private final Map<SourceTable, Long> rows = new LinkedHashMap<>();
  private long totalRows;
  private long totalBytes;

  synchronized void add(SourceTable table, long tableRows, long tableBytes) {
    rows.put(table, tableRows);
    totalRows += tableRows;
    totalBytes += tableBytes;
  }

  synchronized Map<SourceTable, Long> byTable() {
    return Map.copyOf(rows);
  }

  synchronized long totalRows() {
    return totalRows;
  }

  synchronized long totalBytes() {
    return totalBytes;
  }

  static SourceException mismatch(SourceTable table, long sent, long seen, String verb) {
    return new SourceException(
        SourceFailure.VERIFICATION_FAILED,
        "Table "
            + table.readable()
            + " is not whole: the source's snapshot has "
            + sent
            + " rows, "
            + verb
            + " "
            + seen
            + ".",
        "Throw this base away and pull again; if it happens again, please report it.");
  }
}
