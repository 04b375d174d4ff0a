package dev.coppice.server.rest;

import dev.coppice.server.failure.Failure;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import dev.coppice.server.output.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** What the HTTP parser refuses before a request reaches a handler is told as JSON, too. */
final class PlainErrors extends ErrorHandler {
  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    String what = "the request cannot be read (status %d)".formatted(response.getStatus());
    Failure failure =
        Failure.ofAny(
            new ServerException(
                ServerFailure.REQUEST_INVALID, what, "docs/rest.md describes every request."));
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, Responses.JSON);
    byte[] body = (Json.line(FailureView.of(failure)) + "\n").getBytes(StandardCharsets.UTF_8);
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }
}
