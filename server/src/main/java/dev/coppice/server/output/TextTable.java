package dev.coppice.server.output;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Aligned columns of text. A column whose title ends in {@code >} is aligned to the right. */
public final class TextTable {
  private static final String GAP = "  ";

  private final String[] titles;
  private final boolean[] right;
  private final List<String[]> lines = new ArrayList<>();

  public TextTable(String... columns) {
    titles = new String[columns.length];
    right = new boolean[columns.length];
    for (int i = 0; i < columns.length; i++) {
      right[i] = columns[i].endsWith(">");
      titles[i] = right[i] ? columns[i].substring(0, columns[i].length() - 1) : columns[i];
    }
    lines.add(titles);
  }

  public TextTable row(String... cells) {
    if (cells.length != titles.length) {
      throw new IllegalArgumentException(
          "%d cells for %d columns".formatted(cells.length, titles.length));
    }
    lines.add(cells);
    return this;
  }

  /** The table, a line break after each line. */
  @Override
  public String toString() {
    int[] widths = new int[titles.length];
    for (String[] line : lines) {
      for (int i = 0; i < line.length; i++) {
        widths[i] = Math.max(widths[i], width(line[i]));
      }
    }
    StringBuilder text = new StringBuilder();
    for (String[] line : lines) {
      text.append(aligned(line, widths)).append('\n');
    }
    return text.toString();
  }

  private String aligned(String[] line, int[] widths) {
    StringBuilder row = new StringBuilder();
    for (int i = 0; i < line.length; i++) {
      String padding = " ".repeat(widths[i] - width(line[i]));
      row.append(right[i] ? padding + line[i] : line[i] + padding).append(GAP);
    }
    return row.toString().stripTrailing();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }

  /** The titles, without the marks of alignment. */
  public List<String> titles() {
    return Arrays.asList(titles);
  }
}
