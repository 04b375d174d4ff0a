package dev.coppice.server;

import dev.coppice.branches.BranchManager;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.EngineRoom;
import dev.coppice.branches.ManagerConfig;
import dev.coppice.proxy.IdleLimits;
import dev.coppice.proxy.LoginLimits;
import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.ProxyLimits;
import dev.coppice.proxy.ProxyServer;
import dev.coppice.proxy.ScramVerifier;
import dev.coppice.proxy.StatementTap;
import dev.coppice.server.config.DataDirectory;
import dev.coppice.server.config.ListenAddress;
import dev.coppice.server.config.Settings;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import dev.coppice.server.rest.AccessToken;
import dev.coppice.server.rest.RestServer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server: the manager, the proxy in front of it, and the HTTP port. */
public final class CoppiceServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CoppiceServer.class);

  /** For the manager to say first what a client waits for in vain. */
  private static final Duration MANAGERS_START = Duration.ofSeconds(5);

  private final Settings settings;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Deque<Part> parts = new ArrayDeque<>();
  private final BranchManager manager;
  private final ProxyServer proxy;
  private final RestServer rest;

  /** Something that was started and must be stopped, the last one first. */
  private record Part(String name, AutoCloseable closing) {}

  private CoppiceServer(Settings settings, Map<String, String> environment) {
    this.settings = settings;
    try {
      Path data = settings.dataDirectory();
      started("lock", InstanceLock.acquire(data));
      prepareRunDirectory(settings.runDirectory());
      started("run directory", () -> removeIfEmpty(settings.runDirectory()));
      bindMetrics();
      InetSocketAddress postgres = resolve(settings.postgresListen(), "postgres.listen");
      InetSocketAddress http = resolve(settings.httpListen(), "http.listen");
      // Before the engines start, which takes seconds that would be wasted.
      requireFree(postgres, "postgres.listen");
      requireFree(http, "http.listen");
      manager =
          started(
              "manager",
              BranchManager.open(
                  managerConfig(settings),
                  password -> ScramVerifier.of(password).encoded(),
                  metrics));
      proxy = started("proxy", startProxy(postgres));
      rest = startedBefore("http", startRest(http, environment));
      publishAddress();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** Starts everything; returns when clients can connect. */
  public static CoppiceServer start(Settings settings, Map<String, String> environment) {
    return new CoppiceServer(settings, environment);
  }

  public BranchManager manager() {
    return manager;
  }

  /** Where the Postgres port listens. */
  public InetSocketAddress postgresAddress() {
    return proxy.address();
  }

  /** The host that was asked for, with the port that was taken. */
  public ListenAddress postgresListen() {
    return new ListenAddress(settings.postgresListen().host(), proxy.address().getPort());
  }

  /** The base of the HTTP interface, {@code http://127.0.0.1:7480} for example. */
  public String httpUrl() {
    return "http://" + new ListenAddress(reachable(settings.httpListen().host()), rest.port());
  }

  /** Makes the first requests as fast as later ones, in the background. */
  public void warmUp() {
    rest.warmUp(httpUrl());
  }

  /** A branch's URL with its password, as a client on this machine would use it. */
  public String url(BranchName branch) {
    return connectionString("127.0.0.1")
        .of(manager.branch(branch), Optional.of(manager.password(branch)));
  }

  /** Stops the proxy, then HTTP, then the engines. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      Part part = parts.pop();
      try {
        part.closing().close();
      } catch (Exception e) {
        LOG.error("Stopping the {} failed", part.name(), e);
      }
    }
  }

  private <T extends AutoCloseable> T started(String name, T part) {
    parts.push(new Part(name, part));
    return part;
  }

  /** Stopped after the part that was started last: HTTP still answers while sessions end. */
  private <T extends AutoCloseable> T startedBefore(String name, T part) {
    Part last = parts.pop();
    started(name, part);
    parts.push(last);
    return part;
  }

  private RestServer startRest(InetSocketAddress listen, Map<String, String> environment) {
    RestServer.Config config =
        new RestServer.Config(
            listen,
            hostNames(settings),
            AccessToken.forServer(settings.dataDirectory(), environment),
            Version.text(),
            this::connectionString,
            proxy.certificateAuthority());
    return RestServer.start(config, manager, metrics);
  }

  private static ManagerConfig managerConfig(Settings settings) {
    return new ManagerConfig(
        settings.dataDirectory(),
        settings.runDirectory(),
        settings.postgresDirectories(),
        settings.embeddedArchives(),
        settings.engineUser(),
        settings.warmEngines(),
        settings.idleTimeout(),
        settings.snapshotRetention(),
        settings.snapshotInterval(),
        settings.refreshInterval(),
        settings.allowSuperuser(),
        new EngineRoom(
            settings.engineMemoryBytes(), settings.turnTimeout(), settings.wakeTimeout()));
  }

  private static void requireFree(InetSocketAddress address, String key) {
    try {
      new ServerSocket(address.getPort(), 1, address.getAddress()).close();
    } catch (IOException e) {
      throw portInUse(new ListenAddress(address.getHostString(), address.getPort()), key, e);
    }
  }

  private static ServerException portInUse(ListenAddress address, String key, Exception cause) {
    return new ServerException(
        ServerFailure.PORT_IN_USE,
        "cannot listen on %s: %s".formatted(address, cause.getMessage()),
        "Stop what uses that port, or set %s to another one.".formatted(key),
        cause);
  }

  private ProxyServer startProxy(InetSocketAddress listen) {
    try {
      return ProxyServer.start(
          proxyConfig(settings, listen),
          new BranchDirectory(manager),
          metrics,
          ServiceLoader.load(StatementTap.class).findFirst());
    } catch (UncheckedIOException e) {
      throw portInUse(settings.postgresListen(), "postgres.listen", e);
    }
  }

  static ProxyConfig proxyConfig(Settings settings, InetSocketAddress listen) {
    return new ProxyConfig(
        listen,
        settings.tls().map(tls -> new ProxyConfig.TlsFiles(tls.certificate(), tls.key())),
        settings.dataDirectory().resolve("tls"),
        settings.logins().time(),
        settings.turnTimeout().plus(settings.wakeTimeout()).plus(MANAGERS_START),
        settings.domain(),
        settings.sessionReuse(),
        new ProxyLimits(
            settings.connections().all(),
            settings.connections().perBranch(),
            settings.connections().perAddress(),
            new LoginLimits(
                settings.logins().bytes(), settings.logins().failures(), settings.logins().pause()),
            new IdleLimits(settings.idle().session(), settings.idle().transaction())));
  }

  private void bindMetrics() {
    new JvmMemoryMetrics().bindTo(metrics);
    new JvmThreadMetrics().bindTo(metrics);
    new ProcessorMetrics().bindTo(metrics);
    started("metrics", metrics::close);
  }

  private static void prepareRunDirectory(Path directory) {
    try {
      Files.createDirectories(directory);
      // The engines' user passes through, but cannot list.
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    } catch (IOException e) {
      throw new ServerException(
          ServerFailure.DATA_DIRECTORY_UNUSABLE,
          "cannot use the run directory %s: %s".formatted(directory, e),
          "Set run_dir to a directory that this user may write to.",
          e);
    }
  }

  private static void removeIfEmpty(Path directory) throws IOException {
    try {
      Files.deleteIfExists(directory);
    } catch (DirectoryNotEmptyException e) {
      LOG.debug("{} is kept, since it holds something", directory);
    }
  }

  /** Tells clients on this machine where the server is, as long as it runs. */
  private void publishAddress() {
    Path file = DataDirectory.address(settings.dataDirectory());
    try {
      Files.writeString(file, httpUrl() + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    started("address", () -> Files.deleteIfExists(file));
  }

  private ConnectionString connectionString(String requestedHost) {
    String host =
        settings
            .domain()
            .orElse(
                isWildcard(settings.postgresListen().host())
                    ? requestedHost.replaceAll("[\\[\\]]", "")
                    : settings.postgresListen().host());
    return new ConnectionString(host, proxy.address().getPort(), sslMode());
  }

  private String sslMode() {
    if (settings.tls().isPresent()) {
      return settings.domain().isPresent() ? "verify-full" : "require";
    }
    return proxy.address().getAddress().isLoopbackAddress() ? "disable" : "require";
  }

  private static Set<String> hostNames(Settings settings) {
    Set<String> names = new HashSet<>();
    names.add(settings.httpListen().host());
    settings.domain().ifPresent(names::add);
    return names;
  }

  private static String reachable(String host) {
    return isWildcard(host) ? "127.0.0.1" : host;
  }

  private static boolean isWildcard(String host) {
    return host.equals("0.0.0.0") || host.equals("::");
  }

  private static InetSocketAddress resolve(ListenAddress address, String key) {
    try {
      return new InetSocketAddress(InetAddress.getByName(address.host()), address.port());
    } catch (UnknownHostException e) {
      throw new ServerException(
          ServerFailure.CONFIG_INVALID,
          "%s: the host \"%s\" has no address".formatted(key, address.host()),
          "Use an address of this machine, 127.0.0.1 for example.",
          e);
    }
  }
}
