package dev.coppice.proxy;

/**
 * Why a client is turned away, in the fields of an ErrorResponse
 * (https://www.postgresql.org/docs/current/protocol-error-fields.html).
 *
 * @param kind a bounded label for metrics, {@code branch_unknown} for example
 * @param sqlState five characters of the SQL standard's error codes
 */
public record Refusal(String kind, String sqlState, String message, String hint) {

  public Refusal {
    if (sqlState.length() != 5) {
      throw new IllegalArgumentException("not a SQLSTATE: " + sqlState);
    }
  }
}
