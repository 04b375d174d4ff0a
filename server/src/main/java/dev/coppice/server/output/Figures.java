package dev.coppice.server.output;

import java.time.Duration;
import java.util.Locale;

/** Quantities as people read them. */
public final class Figures {
  private static final String[] UNITS = {"B", "kB", "MB", "GB", "TB", "PB"};

  private Figures() {}

  /** Decimal units, three digits: {@code 1.23 GB}. */
  public static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (Math.abs(value) >= 999.5 && unit < UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    return (unit == 0 ? Long.toString(bytes) : threeDigits(value)) + " " + UNITS[unit];
  }

  /** With separators: {@code 1,234,567}. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** A span of time that was measured: {@code 4.2 ms}, {@code 1.35 s}, {@code 2 min 5 s}. */
  public static String time(Duration duration) {
    double millis = duration.toNanos() / 1e6;
    if (millis < 999.5) {
      return threeDigits(millis) + " ms";
    }
    return millis < 59_950 ? threeDigits(millis / 1000) + " s" : rough(duration);
  }

  /** A span of time in its two largest units: {@code 2 min 5 s}, {@code 3 h 20 min}. */
  public static String rough(Duration duration) {
    if (duration.toDays() > 0) {
      return "%d d %d h".formatted(duration.toDays(), duration.toHoursPart());
    }
    if (duration.toHours() > 0) {
      return "%d h %d min".formatted(duration.toHours(), duration.toMinutesPart());
    }
    return duration.toMinutes() > 0
        ? "%d min %d s".formatted(duration.toMinutes(), duration.toSecondsPart())
        : duration.toSeconds() + " s";
  }

  private static String threeDigits(double value) {
    int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
