package dev.coppice.branches;

import org.jspecify.annotations.Nullable;

/** An operating failure. The message says what, on what and why; the hint what to do next. */
public final class BranchException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final BranchFailure failure;
  private final String hint;

  public BranchException(
      BranchFailure failure, String message, String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.failure = failure;
    this.hint = hint;
  }

  public BranchException(BranchFailure failure, String message, String hint) {
    this(failure, message, hint, null);
  }

  public BranchFailure failure() {
    return failure;
  }

  public String hint() {
    return hint;
  }
}
