package dev.coppice.server.bench;

import dev.coppice.server.output.TextTable;
import java.util.List;
import java.util.Locale;

/** A result together with the machine it was taken on, in the shape that {@code -o json} prints. */
public record BenchmarkReport(
    String benchmark,
    MachineFacts machine,
    List<BenchmarkResult.Row> rows,
    List<BenchmarkResult.Skipped> skipped) {

  /** The figures as an aligned table, then the machine, then what was skipped. */
  public String text() {
    TextTable table =
        new TextTable("METRIC", "VALUE>", "UNIT", "MIN>", "MAX>", "N>", "COMPARED WITH");
    for (BenchmarkResult.Row row : rows) {
      table.row(
          row.metric(),
          figure(row.value()),
          row.unit(),
          figure(row.min()),
          figure(row.max()),
          Integer.toString(row.medianOf()),
          row.comparedWith());
    }
    StringBuilder text = new StringBuilder(table.toString());
    text.append(
        "%n%d cores, %.1f GiB memory, Linux %s, %s, Java %s, PostgreSQL %s%n"
            .formatted(
                machine.cores(),
                machine.memoryBytes() / (double) (1L << 30),
                machine.kernel(),
                machine.filesystem(),
                machine.java(),
                machine.postgres()));
    skipped.forEach(skip -> text.append("skipped %s: %s%n".formatted(skip.metric(), skip.why())));
    return text.toString();
  }

  static String figure(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return String.format(Locale.ROOT, "%d", (long) value);
    }
    int decimals =
        Math.abs(value) < 1 ? 4 : Math.abs(value) < 10 ? 3 : Math.abs(value) < 1000 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
