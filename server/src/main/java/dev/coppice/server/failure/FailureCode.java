package dev.coppice.server.failure;

/**
 * One failure in the words of every interface.
 *
 * @param code its stable name in JSON and in metrics, {@code branch_not_found} for example
 * @param sqlState what a Postgres client is told
 * @param httpStatus what an HTTP client is told
 * @param exit how the command line ends
 */
public record FailureCode(String code, String sqlState, int httpStatus, Exit exit) {

  /** The exit codes that scripts rely on. */
  public enum Exit {
    OK(0),
    FAILED(1),
    USAGE(2),
    NOT_FOUND(3),
    NOT_AUTHORISED(4),
    CONFLICT(5),
    TIMED_OUT(6);

    private final int code;

    Exit(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }
}
