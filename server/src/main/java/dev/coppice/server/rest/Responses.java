package dev.coppice.server.rest;

import dev.coppice.server.output.Json;
import io.javalin.http.Context;

/** How results are sent. */
final class Responses {
  static final String JSON = "application/json";
  private static final int NO_CONTENT = 204;

  private Responses() {}

  static void json(Context context, Object value) {
    context.contentType(JSON);
    context.header("Cache-Control", "no-store");
    context.result(Json.line(value) + "\n");
  }

  static void none(Context context) {
    context.status(NO_CONTENT);
  }
}
