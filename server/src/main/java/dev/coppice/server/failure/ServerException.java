package dev.coppice.server.failure;

import org.jspecify.annotations.Nullable;

/** An operating failure. The message says what, on what and why; the hint what to do next. */
public final class ServerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ServerFailure failure;
  private final String hint;

  public ServerException(
      ServerFailure failure, String message, String hint, @Nullable Throwable cause) {
    super(message, cause);
    this.failure = failure;
    this.hint = hint;
  }

  public ServerException(ServerFailure failure, String message, String hint) {
    this(failure, message, hint, null);
  }

  public ServerFailure failure() {
    return failure;
  }

  public String hint() {
    return hint;
  }
}
