package dev.coppice.server.config;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes as people write them: {@code 10GB}, {@code 1.5 TB}, {@code 512MiB}. */
public final class BytesText {
  private static final Pattern SIZE = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)\\s*([a-z]*)");
  private static final Map<String, Long> UNITS =
      Map.of(
          "b", 1L,
          "kb", 1_000L,
          "mb", 1_000_000L,
          "gb", 1_000_000_000L,
          "tb", 1_000_000_000_000L,
          "kib", 1L << 10,
          "mib", 1L << 20,
          "gib", 1L << 30,
          "tib", 1L << 40);

  private BytesText() {}

  /** Empty where the text is not a size of at least a byte, with its unit. */
  public static OptionalLong parse(String text) {
    Matcher parts = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
    if (!parts.matches() || !UNITS.containsKey(parts.group(2))) {
      return OptionalLong.empty();
    }
    long unit = UNITS.getOrDefault(parts.group(2), 1L);
    BigDecimal bytes = new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(unit));
    boolean usable =
        bytes.compareTo(BigDecimal.ONE) >= 0
            && bytes.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0;
    return usable ? OptionalLong.of(bytes.longValue()) : OptionalLong.empty();
  }
}
