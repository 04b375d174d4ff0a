package dev.coppice.storage.layer;

/** The unit in which content is shared and copied. */
public final class Page {

  public static final int BYTES = 8192;
  public static final int SHIFT = 13;
  public static final long MASK = BYTES - 1;

  private Page() {}

  /** How many pages so many bytes occupy. */
  public static long count(long bytes) {
    return (bytes + MASK) >> SHIFT;
  }
}
