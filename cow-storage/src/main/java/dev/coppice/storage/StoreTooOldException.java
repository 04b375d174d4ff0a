package dev.coppice.storage;

/** The store was written in a format that this program reads no more. */
public final class StoreTooOldException extends StorageException {

  private static final long serialVersionUID = 1L;

  public StoreTooOldException(String file, int found, int known) {
    super(
        StorageFailure.STORE_TOO_OLD,
        "%s has format version %d, this program reads %d".formatted(file, found, known),
        "No release wrote that version: remove the store's directory and pull the sources anew.");
  }
}
