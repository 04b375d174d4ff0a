package dev.coppice.server.rest;

import dev.coppice.server.failure.Failure;

/** A failure as JSON: {@code {"error": {"code", "message", "hint"}}}. */
public record FailureView(Detail error) {

  /** The inner object. */
  public record Detail(String code, String message, String hint) {}

  static FailureView of(Failure failure) {
    return new FailureView(new Detail(failure.code().code(), failure.message(), failure.hint()));
  }
}
