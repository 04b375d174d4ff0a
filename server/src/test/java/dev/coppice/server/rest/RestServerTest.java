package dev.coppice.server.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coppice.branches.BranchException;
import dev.coppice.branches.BranchFailure;
import dev.coppice.providers.PullEvent;
import dev.coppice.providers.PullLimits;
import dev.coppice.providers.PullOptions;
import dev.coppice.server.ConnectionString;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestServerTest {
  @TempDir Path directory;

  private final RecordingManager manager = new RecordingManager();
  private final HttpClient http = HttpClient.newHttpClient();
  private RestServer server;
  private String token;

  @BeforeEach
  void start() throws IOException {
    AccessToken secret = AccessToken.forServer(directory, Map.of());
    token = Files.readString(directory.resolve("token")).strip();
    server =
        RestServer.start(
            new RestServer.Config(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Set.of("coppice.test"),
                secret,
                "1",
                host -> new ConnectionString(host, 7432, "disable"),
                Optional.empty()),
            manager,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  }

  @AfterEach
  void stop() {
    server.close();
    http.close();
  }

  @Test
  void aBranchIsCreatedShownAndDeleted() throws Exception {
    HttpResponse<String> created =
        call(
            "POST",
            "/v1/branches",
            "{\"name\":\"pr-1\",\"access\":\"writer\",\"ttl\":\"2h\",\"quota\":\"10GB\"}");
    assertThat(created.statusCode()).isEqualTo(201);
    assertThat(json(created).path("state").asText()).isEqualTo("suspended");
    assertThat(json(created).path("access").asText()).isEqualTo("writer");
    assertThat(json(created).path("quota_bytes").asLong()).isEqualTo(10_000_000_000L);
    assertThat(json(created).path("expires_at").asText()).isEqualTo("1970-01-01T02:00:00Z");
    assertThat(json(created).path("url").asText())
        .isEqualTo("postgres://owner.pr-1@127.0.0.1:7432/shop?sslmode=disable");

    assertThat(json(call("GET", "/v1/branches/pr-1?password=true", "")).path("url").asText())
        .contains("owner.pr-1:p%40ss@");
    assertThat(json(call("GET", "/v1/branches", "")).path("branches")).hasSize(1);
    assertThat(call("DELETE", "/v1/branches/pr-1", "").statusCode()).isEqualTo(204);
    assertFailure(call("GET", "/v1/branches/pr-1", ""), 404, "branch_not_found");
  }

  @Test
  void anExistingBranchIsAConflictUnlessThatIsFine() throws Exception {
    call("POST", "/v1/branches", "{\"name\":\"pr-1\"}");
    assertFailure(call("POST", "/v1/branches", "{\"name\":\"pr-1\"}"), 409, "branch_exists");
    assertThat(
            call("POST", "/v1/branches", "{\"name\":\"pr-1\",\"if_not_exists\":true}").statusCode())
        .isEqualTo(200);
  }

  @Test
  void badBodiesSayWhatIsWrong() throws Exception {
    assertFailure(
        call("POST", "/v1/branches", "{\"name\":\"x\",\"quota\":\"much\"}"),
        400,
        "request_invalid");
    assertFailure(call("POST", "/v1/branches", "{"), 400, "request_invalid");
    assertFailure(call("POST", "/v1/branches", "{\"nam\":\"x\"}"), 400, "request_invalid");
    assertFailure(call("POST", "/v1/branches", "[]"), 400, "request_invalid");
    assertFailure(call("POST", "/v1/branches", "null"), 400, "request_invalid");
    assertFailure(call("POST", "/v1/branches", ""), 400, "request_invalid");
    assertFailure(call("POST", "/v1/branches", "{\"name\":\"No Slug\"}"), 400, "name_invalid");
    assertFailure(
        call("POST", "/v1/branches", "{\"name\":\"x\",\"ttl\":\"soon\"}"), 400, "request_invalid");
    assertFailure(
        call("POST", "/v1/branches", "{\"name\":\"x\",\"access\":\"superuser\"}"),
        403,
        "superuser_not_allowed");
    assertFailure(
        call("POST", "/v1/branches", "\"" + "x".repeat(2 << 20) + "\""), 413, "request_too_large");
    // A policy that is not kept must not be taken for one that is.
    assertFailure(
        call("POST", "/v1/sources", "{\"name\":\"x\",\"url\":\"postgres://h\",\"mask\":\"f\"}"),
        400,
        "request_invalid");
    assertFailure(call("GET", "/v1/nothing", ""), 404, "route_not_found");
    assertFailure(call("DELETE", "/v1/snapshots/shop/s1", ""), 409, "snapshot_in_use");
  }

  @Test
  void aCheckTellsWhetherTheStoreIsSound() throws Exception {
    String answer = call("POST", "/v1/store/check", "{}").body();
    String last = answer.lines().reduce((before, line) -> line).orElseThrow();
    JsonNode check = new ObjectMapper().readTree(last).path("check");

    assertThat(check.path("sound").isBoolean()).isTrue();
    assertThat(check.path("sound").asBoolean()).isFalse();
    assertThat(check.path("problems")).hasSize(1);
  }

  /** An answer before the body has come would cost the client its connection. */
  @Test
  void aBodyThatNobodyNeedsIsReadToo() throws Exception {
    String head =
        "POST /v1/branches/pr-1/suspend HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
            + token
            + "\r\nContent-Length: 2\r\n\r\n";
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(300);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
      assertThatThrownBy(() -> socket.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);

      socket.setSoTimeout(10_000);
      String rest = "{}GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(rest.getBytes(StandardCharsets.US_ASCII));
      String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

      assertThat(answers).contains("HTTP/1.1 500", "HTTP/1.1 200", "\"ok\"");
    }
  }

  @Test
  void withoutTheTokenNothingIsTold() throws Exception {
    for (String path : List.of("/v1/branches", "/v1/sources", "/v1/server", "/v1/nothing")) {
      HttpRequest bare = HttpRequest.newBuilder(uri(path)).build();
      assertFailure(http.send(bare, BodyHandlers.ofString()), 401, "token_missing");
      HttpRequest wrong =
          HttpRequest.newBuilder(uri(path)).header("Authorization", "Bearer guess").build();
      assertFailure(http.send(wrong, BodyHandlers.ofString()), 401, "token_refused");
    }
    assertThat(Files.getPosixFilePermissions(directory.resolve("token")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void healthAndMetricsNeedNoToken() throws Exception {
    HttpRequest health = HttpRequest.newBuilder(uri("/healthz")).build();
    assertThat(http.send(health, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    HttpRequest metrics = HttpRequest.newBuilder(uri("/metrics")).build();
    assertThat(http.send(metrics, BodyHandlers.ofString()).body())
        .contains("coppice_http_requests");
  }

  @Test
  void aRebindingPageIsRefused() throws Exception {
    String answer =
        raw(
            "GET /v1/branches HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer %s\r\n"
                    .formatted(token)
                + "Connection: close\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 403").contains("host_refused");
  }

  @Test
  void whatIsNotHttpGetsAJsonErrorToo() throws Exception {
    assertThat(raw("NONSENSE\r\n\r\n")).contains("\"error\"");
  }

  @Test
  void aBugIsAnInternalErrorWithoutDetails() throws Exception {
    call("POST", "/v1/branches", "{\"name\":\"pr-1\"}");
    assertFailure(call("POST", "/v1/branches/pr-1/suspend", ""), 500, "internal");
  }

  @Test
  void aPullIsStreamed() throws Exception {
    manager.pull =
        (request, listener) -> {
          listener.on(new PullEvent.PhaseStarted(PullEvent.Phase.COPY));
          listener.on(
              new PullEvent.TablesPlanned(List.of(new PullEvent.TablePlan("a.b", 10, 100))));
          listener.on(new PullEvent.TableFinished("a.b", 11, 120));
          return RecordingManager.known(request.name());
        };

    List<String> lines = addSource().body().lines().toList();

    assertThat(lines.subList(0, 3))
        .containsExactly(
            "{\"event\":\"phase\",\"phase\":\"copy\"}",
            "{\"event\":\"tables\",\"tables\":[{\"table\":\"a.b\",\"rows_estimate\":10,"
                + "\"bytes_estimate\":100}]}",
            "{\"event\":\"table_finished\",\"table\":\"a.b\",\"rows\":11,\"bytes\":120}");
    assertThat(lines.getLast()).startsWith("{\"event\":\"done\",\"source\":{\"name\":\"shop\"");
  }

  @Test
  void whatAPullMayAskOfProductionReachesIt() throws Exception {
    List<PullOptions> asked = new CopyOnWriteArrayList<>();
    manager.pull =
        (request, listener) -> {
          asked.add(request.options());
          return RecordingManager.known(request.name());
        };
    String shop = "{\"name\":\"shop\",\"url\":\"postgres://u:p@db/shop\"";

    call("POST", "/v1/sources", shop + "}");
    assertThat(asked.getLast()).isEqualTo(PullOptions.standard());
    call(
        "POST",
        "/v1/sources",
        shop
            + ",\"jobs\":3,\"rate_limit\":\"20MB\",\"max_snapshot_age\":\"2h\",\"from_replica\":true}");
    assertThat(asked.getLast().limits())
        .isEqualTo(
            new PullLimits(3, OptionalLong.of(20_000_000), Optional.of(Duration.ofHours(2)), true));
    call("POST", "/v1/sources", shop + ",\"max_snapshot_age\":\"never\"}");
    assertThat(asked.getLast().limits().snapshotAge()).isEmpty();

    for (String wrong :
        List.of(
            "\"jobs\":0", "\"jobs\":65", "\"rate_limit\":\"x\"", "\"max_snapshot_age\":\"x\"")) {
      assertFailure(call("POST", "/v1/sources", shop + "," + wrong + "}"), 400, "request_invalid");
    }
  }

  @Test
  void aPullThatFailsLateSaysSoInItsLastLine() throws Exception {
    manager.pull =
        (request, listener) -> {
          listener.on(new PullEvent.PhaseStarted(PullEvent.Phase.COPY));
          throw new BranchException(BranchFailure.DISK_FULL, "the disk is full", "Make room.");
        };

    HttpResponse<String> answer = addSource();

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body().lines().toList().getLast())
        .isEqualTo(
            "{\"event\":\"failed\",\"error\":{\"code\":\"disk_full\",\"message\":\"the disk is"
                + " full\",\"hint\":\"Make room.\"}}");
  }

  @Test
  void aPullThatFailsAtOnceIsAnOrdinaryError() throws Exception {
    manager.pull =
        (request, listener) -> {
          throw new BranchException(BranchFailure.SOURCE_EXISTS, "there is one", "…");
        };

    assertFailure(addSource(), 409, "source_exists");
  }

  @Test
  void aClientThatGoesAwayCancelsItsPull() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    manager.pull =
        (request, listener) -> {
          listener.on(new PullEvent.PhaseStarted(PullEvent.Phase.COPY));
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
          }
          throw new BranchException(BranchFailure.SOURCE_FAILED, "interrupted", "");
        };

    HttpResponse<InputStream> answer = http.send(addSourceRequest(), BodyHandlers.ofInputStream());
    answer.body().read();
    answer.body().close();

    assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
  }

  private HttpResponse<String> addSource() throws Exception {
    return http.send(addSourceRequest(), BodyHandlers.ofString());
  }

  private HttpRequest addSourceRequest() {
    return HttpRequest.newBuilder(uri("/v1/sources"))
        .header("Authorization", "Bearer " + token)
        .POST(BodyPublishers.ofString("{\"name\":\"shop\",\"url\":\"postgres://u:p@db/shop\"}"))
        .build();
  }

  private HttpResponse<String> call(String method, String path, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(path))
            .header("Authorization", "Bearer " + token)
            .method(method, BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  private String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    return new ObjectMapper().readTree(response.body());
  }

  private static void assertFailure(HttpResponse<String> response, int status, String code)
      throws IOException {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = json(response).path("error");
    assertThat(error.path("code").asText()).isEqualTo(code);
    assertThat(error.path("message").asText()).isNotBlank();
  }
}
