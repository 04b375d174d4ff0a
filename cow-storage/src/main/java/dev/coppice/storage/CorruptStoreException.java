package dev.coppice.storage;

/** The disk does not hold what was written there. */
public final class CorruptStoreException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * @param file the file within the store's directory
   * @param offset the byte at which the damage was noticed
   */
  public CorruptStoreException(String file, long offset, String expected, String actual) {
    super(
        "%s is corrupt at offset %d: expected %s, found %s"
            .formatted(file, offset, expected, actual));
  }
}
