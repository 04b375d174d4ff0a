package dev.coppice.storage;

/** The store was written by a program of a later format than this one knows. */
public final class StoreTooNewException extends StorageException {

  private static final long serialVersionUID = 1L;

  public StoreTooNewException(String file, int found, int known) {
    super(
        StorageFailure.STORE_TOO_NEW,
        "%s has format version %d, this program reads %d".formatted(file, found, known),
        "Open the store with the newer Coppice that wrote it.");
  }
}
