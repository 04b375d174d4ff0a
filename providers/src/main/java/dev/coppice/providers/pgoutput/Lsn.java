package dev.coppice.providers.pgoutput;

import java.util.Locale;

/** A position in a server's write-ahead log, an unsigned number of bytes. */
public record Lsn(long value) implements Comparable<Lsn> {

  public static final Lsn ZERO = new Lsn(0);

  /** Reads Postgres's own form, {@code 16/B374D848} for example. */
  public static Lsn parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 1) {
      throw new IllegalArgumentException("not a log position: " + text);
    }
    return new Lsn(
        Long.parseLong(text, 0, slash, 16) << 32
            | Long.parseLong(text, slash + 1, text.length(), 16));
  }

  /** How many bytes it lies behind another one; never negative. */
  public long bytesBehind(Lsn other) {
    return compareTo(other) >= 0 ? 0 : other.value - value;
  }

  public boolean atLeast(Lsn other) {
    return compareTo(other) >= 0;
  }

  public Lsn max(Lsn other) {
    return atLeast(other) ? this : other;
  }

  @Override
  public int compareTo(Lsn other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%X/%X", value >>> 32, value & 0xFFFFFFFFL);
  }
}
