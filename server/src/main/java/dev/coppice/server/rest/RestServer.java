package dev.coppice.server.rest;

import dev.coppice.branches.BranchManager;
import dev.coppice.server.ConnectionString;
import dev.coppice.server.failure.Failure;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The HTTP port. Handlers run on virtual threads and may block. */
public final class RestServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RestServer.class);
  private static final long LARGEST_BODY_BYTES = 1 << 20;
  private static final Duration IDLE = Duration.ofHours(1);
  private static final String STARTED = "coppice.started";

  /**
   * @param listen port 0 takes a free one
   * @param hostNames the host names that are this server's own
   * @param branches how a client that reached us by the given host name reaches branches
   * @param certificateAuthority what issued the certificate that Postgres clients are shown, if it
   *     is a generated one; PEM
   */
  public record Config(
      InetSocketAddress listen,
      Set<String> hostNames,
      AccessToken token,
      String version,
      Function<String, ConnectionString> branches,
      Optional<Path> certificateAuthority) {}

  private final Config config;
  private final BranchManager manager;
  private final PrometheusMeterRegistry metrics;
  private final HostCheck hosts;
  private final Javalin javalin;

  private RestServer(Config config, BranchManager manager, PrometheusMeterRegistry metrics) {
    this.config = config;
    this.manager = manager;
    this.metrics = metrics;
    this.hosts = new HostCheck(config.hostNames());
    this.javalin = Javalin.create(this::configure);
  }

  /** Throws {@link ServerException} with {@code PORT_IN_USE} if the address is taken. */
  public static RestServer start(
      Config config, BranchManager manager, PrometheusMeterRegistry metrics) {
    RestServer server = new RestServer(config, manager, metrics);
    try {
      server.javalin.start();
    } catch (RuntimeException e) {
      throw new ServerException(
          ServerFailure.PORT_IN_USE,
          "cannot listen for HTTP on %s: %s"
              .formatted(config.listen(), e.getCause() == null ? e.getMessage() : e.getCause()),
          "Stop what uses that port, or set http.listen to another one.",
          e);
    }
    return server;
  }

  /** Makes the first requests as fast as later ones, in the background. */
  public void warmUp(String url) {
    Thread.ofPlatform().name("http-warm-up").daemon().start(new WarmUp(url));
  }

  public int port() {
    return javalin.port();
  }

  @Override
  public void close() {
    javalin.stop();
  }

  private void configure(JavalinConfig javalinConfig) {
    javalinConfig.startup.showJavalinBanner = false;
    javalinConfig.startup.showOldJavalinVersionWarning = false;
    javalinConfig.startup.startupWatcherEnabled = false;
    javalinConfig.concurrency.useVirtualThreads = true;
    javalinConfig.http.maxRequestSize = LARGEST_BODY_BYTES;
    javalinConfig.jetty.addConnector(this::connector);
    javalinConfig.jetty.modifyServer(server -> server.setErrorHandler(new PlainErrors()));
    addRoutes(javalinConfig.routes);
  }

  private ServerConnector connector(Server server, HttpConfiguration http) {
    http.setSendServerVersion(false);
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost(config.listen().getAddress().getHostAddress());
    connector.setPort(config.listen().getPort());
    connector.setIdleTimeout(IDLE.toMillis());
    return connector;
  }

  private void addRoutes(RoutesConfig routes) {
    routes.before(this::checkHost);
    routes.before("/v1/*", this::checkToken);
    routes.before("/v1/*", RestServer::readBody);
    routes.after(this::measure);
    routes.get("/healthz", context -> Responses.json(context, Map.of("status", "ok")));
    routes.get("/metrics", this::scrape);
    routes.get("/v1/server", this::describe);
    routes.get("/v1/certificate-authority", this::authority);
    new SourceRoutes(manager).addTo(routes);
    new BranchRoutes(manager, this::branchesFor).addTo(routes);
    new SnapshotRoutes(manager).addTo(routes);
    new StoreRoutes(manager).addTo(routes);
    routes.exception(HttpResponseException.class, this::refuse);
    routes.exception(Exception.class, this::fail);
  }

  /**
   * Jetty closes a connection once it has answered a request whose body is still on its way, and
   * the client may be sending the next one on it.
   */
  private static void readBody(Context context) {
    var _ = context.bodyAsBytes();
  }

  private void checkHost(Context context) {
    if (!WarmUp.AGENT.equals(context.userAgent())) {
      context.attribute(STARTED, System.nanoTime());
    }
    String host = context.header("Host");
    if (host == null || !hosts.accepts(host)) {
      throw new ServerException(
          ServerFailure.HOST_REFUSED,
          "this server is not called \"%s\"".formatted(host == null ? "" : host),
          "Use its address, or set \"domain\" in the server's configuration.");
    }
  }

  private void checkToken(Context context) {
    String header = context.header("Authorization");
    if (header == null || !header.startsWith("Bearer ")) {
      throw new ServerException(
          ServerFailure.TOKEN_MISSING,
          "this request needs an access token",
          "Send \"Authorization: Bearer TOKEN\"; the token is in the file \"token\" of the server's"
              + " data directory.");
    }
    if (!config.token().matches(header.substring("Bearer ".length()).strip())) {
      throw new ServerException(
          ServerFailure.TOKEN_REFUSED,
          "the access token is not this server's",
          "Set COPPICE_TOKEN to what the file \"token\" of the server's data directory holds.");
    }
  }

  private ConnectionString branchesFor(Context context) {
    return config.branches().apply(HostCheck.hostOf(context.header("Host")));
  }

  private void describe(Context context) {
    ConnectionString branches = branchesFor(context);
    Responses.json(
        context,
        Map.of(
            "version", config.version(),
            "pid", ProcessHandle.current().pid(),
            "postgres_host", branches.host(),
            "postgres_port", branches.port()));
  }

  private void authority(Context context) throws IOException {
    Path file =
        config
            .certificateAuthority()
            .orElseThrow(() ->
                new ServerException(
                    ServerFailure.CERTIFICATE_NOT_OURS,
                    "this server shows a certificate of its operator's (tls.certificate)",
                    "Clients must trust whoever issued that: try sslrootcert=system."));
    Responses.json(context, Map.of("pem", Files.readString(file)));
  }

  private void scrape(Context context) {
    context.contentType("text/plain; version=0.0.4; charset=utf-8");
    context.result(metrics.scrape());
  }

  private void measure(Context context) {
    Long started = context.attribute(STARTED);
    if (started != null) {
      Timer.builder("coppice.http.requests")
          .description("Requests answered")
          .tag("status", Integer.toString(context.statusCode()))
          .register(metrics)
          .record(Duration.ofNanos(System.nanoTime() - started));
    }
  }

  private void refuse(HttpResponseException e, Context context) {
    ServerFailure failure =
        switch (e.getStatus()) {
          case 404, 405 -> ServerFailure.ROUTE_NOT_FOUND;
          case 413 -> ServerFailure.REQUEST_TOO_LARGE;
          default -> ServerFailure.REQUEST_INVALID;
        };
    String what =
        switch (failure) {
          case ROUTE_NOT_FOUND -> "there is no %s %s".formatted(context.method(), context.path());
          case REQUEST_TOO_LARGE ->
              "the request's body is larger than %d bytes".formatted(LARGEST_BODY_BYTES);
          default -> String.valueOf(e.getMessage());
        };
    send(
        context,
        Failure.ofAny(new ServerException(failure, what, "docs/rest.md describes every request.")));
  }

  private void fail(Exception e, Context context) {
    if (Failure.of(e).isEmpty()) {
      LOG.error("{} {} failed because of a bug", context.method(), context.path(), e);
    }
    send(context, Failure.ofAny(e));
  }

  private void send(Context context, Failure failure) {
    metrics.counter("coppice.http.failures", "code", failure.code().code()).increment();
    if (context.res().isCommitted()) {
      return;
    }
    context.status(failure.code().httpStatus());
    Responses.json(context, FailureView.of(failure));
  }
}
