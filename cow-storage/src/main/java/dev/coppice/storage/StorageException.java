package dev.coppice.storage;

import org.jspecify.annotations.Nullable;

/**
 * An operating failure of the store. The message says what, on what and why; the hint what to do.
 */
public sealed class StorageException extends RuntimeException
    permits StoreTooNewException, StoreTooOldException {

  private static final long serialVersionUID = 1L;

  private final StorageFailure failure;
  private final String hint;

  public StorageException(
      StorageFailure failure, String message, String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.failure = failure;
    this.hint = hint;
  }

  public StorageException(StorageFailure failure, String message, String hint) {
    this(failure, message, hint, null);
  }

  public StorageFailure failure() {
    return failure;
  }

  public String hint() {
    return hint;
  }
}
