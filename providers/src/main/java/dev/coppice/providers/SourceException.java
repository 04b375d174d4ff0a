package dev.coppice.providers;

import org.jspecify.annotations.Nullable;

/** A source could not be read. The message never holds a password. */
public final class SourceException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final SourceFailure failure;
  private final String hint;

  public SourceException(
      SourceFailure failure, String message, String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.failure = failure;
    this.hint = hint;
  }

  public SourceException(SourceFailure failure, String message, String hint) {
    this(failure, message, hint, null);
  }

  public SourceFailure failure() {
    return failure;
  }

  public String hint() {
    return hint;
  }
}
