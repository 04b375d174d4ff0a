package dev.coppice.server.client;

import com.fasterxml.jackson.databind.JsonNode;

/** What the server said it could not do. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final String hint;

  private ApiException(String code, String message, String hint) {
    super(message);
    this.code = code;
    this.hint = hint;
  }

  /**
   * @param answer an object with an {@code error} in it
   */
  static ApiException of(JsonNode answer) {
    JsonNode error = answer.path("error");
    return new ApiException(
        error.path("code").asText(), error.path("message").asText(), error.path("hint").asText());
  }

  /** The failure's stable name, {@code branch_not_found} for example. */
  public String code() {
    return code;
  }

  public String hint() {
    return hint;
  }
}
