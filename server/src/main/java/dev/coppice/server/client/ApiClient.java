package dev.coppice.server.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to a server's {@code /v1}. It uses the JDK's oldest HTTP client because that one starts in
 * a third of the time of the newer.
 */
public final class ApiClient {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int CONNECT_MILLIS = 10_000;
  private static final int SILENCE_MILLIS = 3_600_000;

  static {
    // By default that client would send a POST again whose answer was lost.
    System.setProperty("sun.net.http.retryPost", "false");
  }

  private final ServerAddress server;

  public ApiClient(ServerAddress server) {
    this.server = server;
  }

  /** A path segment or query value, escaped. */
  public static String escaped(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  public JsonNode get(String path) {
    return call("GET", path, Optional.empty()).answer();
  }

  public JsonNode post(String path, JsonNode body) {
    return timedPost(path, body).answer();
  }

  /**
   * An answer.
   *
   * @param serverMillis how long the server says that it worked on it; NaN where it does not say
   */
  public record Timed(JsonNode answer, double serverMillis) {}

  public Timed timedPost(String path, JsonNode body) {
    return call("POST", path, Optional.of(body));
  }

  public void delete(String path) {
    call("DELETE", path, Optional.empty());
  }

  /**
   * Posts and hands on each line of the answer; returns the last line, {@code done}. Throws {@link
   * ApiException} if the last line is {@code failed}.
   */
  public JsonNode stream(String path, JsonNode body, Consumer<JsonNode> events) {
    try {
      HttpURLConnection connection = open("POST", path, Optional.of(body));
      int status = connection.getResponseCode();
      if (status >= 400) {
        throw refused(status, read(connection.getErrorStream()));
      }
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(connection.getInputStream(), StandardCharsets.UTF_8))) {
        return follow(lines, events);
      }
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private JsonNode follow(BufferedReader lines, Consumer<JsonNode> events) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode event = MAPPER.readTree(line);
      switch (event.path("event").asText()) {
        case "done" -> {
          return event;
        }
        case "failed" -> throw ApiException.of(event);
        default -> events.accept(event);
      }
    }
    throw new ServerException(
        ServerFailure.SERVER_LOST,
        "the server at %s went away before the work was done".formatted(server.url()),
        "Look at the server's log, and start it again with \"coppice serve\".");
  }

  private Timed call(String method, String path, Optional<JsonNode> body) {
    try {
      HttpURLConnection connection = open(method, path, body);
      int status = connection.getResponseCode();
      if (status >= 400) {
        throw refused(status, read(connection.getErrorStream()));
      }
      byte[] answer = read(connection.getInputStream());
      return new Timed(
          answer.length == 0 ? MissingNode.getInstance() : MAPPER.readTree(answer),
          ServerTiming.millis(connection.getHeaderField(ServerTiming.HEADER)));
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private HttpURLConnection open(String method, String path, Optional<JsonNode> body)
      throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create(server.url() + path).toURL().openConnection();
    connection.setRequestMethod(method);
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(SILENCE_MILLIS);
    connection.setRequestProperty("Authorization", "Bearer " + server.token());
    if (body.isPresent()) {
      connection.setRequestProperty("Content-Type", "application/json");
      connection.setDoOutput(true);
      connection.getOutputStream().write(MAPPER.writeValueAsBytes(body.get()));
    }
    return connection;
  }

  private static byte[] read(@Nullable InputStream stream) throws IOException {
    if (stream == null) {
      return new byte[0];
    }
    try (stream) {
      return stream.readAllBytes();
    }
  }

  private RuntimeException refused(int status, byte[] body) {
    try {
      JsonNode answer = MAPPER.readTree(body);
      if (answer.path("error").isObject()) {
        return ApiException.of(answer);
      }
    } catch (IOException e) {
      // Not JSON, so not one of our answers; told below.
    }
    return new ServerException(
        ServerFailure.SERVER_LOST,
        "%s answers with status %d, and not as Coppice does".formatted(server.url(), status),
        "Check the address given with --server or COPPICE_URL.");
  }

  private ServerException unreachable(IOException e) {
    boolean absent = e instanceof ConnectException || e instanceof UnknownHostException;
    if (absent && !server.remote()) {
      return new ServerException(
          ServerFailure.SERVER_NOT_RUNNING,
          "no Coppice server answers at " + server.url(),
          "Start one with \"coppice serve\", or name another with --server or COPPICE_URL.",
          e);
    }
    String why =
        switch (e) {
          case SocketTimeoutException silent -> "it does not answer";
          case UnknownHostException unknown -> "there is no such host";
          case ConnectException refused -> "nothing listens there";
          default -> e.toString();
        };
    return new ServerException(
        ServerFailure.SERVER_LOST,
        "cannot talk to the server at %s: %s".formatted(server.url(), why),
        "Check that it runs and that this machine can reach it.",
        e);
  }
}
