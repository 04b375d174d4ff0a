package dev.coppice.server.bench;

import java.util.Arrays;
import java.util.List;

/**
 * What a benchmark measured.
 *
 * @param postgres the version of the engine that was measured, {@code 18.6} for example
 */
public record BenchmarkResult(String postgres, List<Row> rows, List<Skipped> skipped) {
  public BenchmarkResult {
    rows = List.copyOf(rows);
    skipped = List.copyOf(skipped);
  }

  /**
   * One figure.
   *
   * @param value the median of the samples, or another quantile where the metric's name says so
   * @param unit {@code ms}, {@code ratio}, {@code bytes}, …
   * @param medianOf how many samples stand behind the value
   * @param comparedWith what a ratio is taken against, or the peer's own figure in words; empty if
   *     nothing
   */
  public record Row(
      String metric,
      double value,
      String unit,
      int medianOf,
      double min,
      double max,
      String comparedWith) {

    /** A row whose value is the median of its samples. */
    public static Row median(String metric, String unit, String comparedWith, double... samples) {
      return quantile(metric, 0.5, unit, comparedWith, samples);
    }

    /**
     * A row whose value is a quantile of its samples.
     *
     * @param quantile from 0 (the smallest) to 1 (the largest); between samples it interpolates
     */
    public static Row quantile(
        String metric, double quantile, String unit, String comparedWith, double... samples) {
      if (samples.length == 0) {
        throw new IllegalArgumentException(metric + " has no samples");
      }
      double[] sorted = samples.clone();
      Arrays.sort(sorted);
      double position = quantile * (sorted.length - 1);
      int below = (int) Math.floor(position);
      int above = Math.min(below + 1, sorted.length - 1);
      double value = sorted[below] + (position - below) * (sorted[above] - sorted[below]);
      return new Row(
          metric, value, unit, sorted.length, sorted[0], sorted[sorted.length - 1], comparedWith);
    }
  }

  /**
   * A figure that could not be taken here.
   *
   * @param why what is missing, and how to install it
   */
  public record Skipped(String metric, String why) {}
}
