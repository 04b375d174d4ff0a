package dev.coppice.storage;

/**
 * Neighbouring pages of a file.
 *
 * @param first the number of the first page: its offset in the file, divided by {@link #PAGE_BYTES}
 */
public record PageRange(long first, long count) {

  public static final int PAGE_BYTES = 8192;

  public PageRange {
    if (first < 0 || count <= 0) {
      throw new IllegalArgumentException("no range of pages: %d from %d".formatted(count, first));
    }
  }

  /** The number behind the last page. */
  public long end() {
    return first + count;
  }
}
