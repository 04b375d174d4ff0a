package dev.coppice.proxy.session;

import dev.coppice.proxy.BranchResolver;
import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.ProxyServer;
import dev.coppice.proxy.StatementTap;
import dev.coppice.proxy.route.BranchCarriers;
import dev.coppice.proxy.tls.CurrentIdentity;
import dev.coppice.proxy.tls.GeneratedCertificate;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Owns the listening socket, the event loops and the connections. */
public final class ProxyListener implements ProxyServer {

  private static final Logger log = LoggerFactory.getLogger(ProxyListener.class);

  private static final Duration LOOK_AT_FILES = Duration.ofSeconds(5);
  private static final Duration LOOK_AT_GENERATED = Duration.ofHours(1);

  /** How many threads drive the connections, instead of one for each processor. */
  private static final String LOOPS = "coppice.proxy.loops";

  private static final int BACKLOG = 1024;
  private static final long TELL_MILLIS = 10_000;
  private static final long DRAIN_MILLIS = 2_000;

  /** Beside the connections that are allowed. */
  private static final int MAX_HANDSHAKES = 256;

  private final ProxyServices services;
  private final EventLoopGroup loops;
  private final Channel listener;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean closed = new AtomicBoolean();

  private ProxyListener(ProxyServices services, Transport transport) {
    this.services = services;
    this.loops =
        new MultiThreadIoEventLoopGroup(
            Integer.getInteger(LOOPS, Runtime.getRuntime().availableProcessors()),
            new DefaultThreadFactory("proxy"),
            transport.ioHandlers());
    ServerBootstrap server =
        new ServerBootstrap()
            .group(loops)
            .channel(transport.serverChannel())
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childOption(ChannelOption.RECVBUF_ALLOCATOR, Transport.receiveBuffers())
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel client) {
                    accept(client);
                  }
                });
    transport.keepAlive().forEach(server::childOption);
    ChannelFuture binding = server.bind(services.config().listen()).awaitUninterruptibly();
    this.listener = binding.channel();
    if (!binding.isSuccess()) {
      loops.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
      throw new UncheckedIOException(
          new IOException(
              "cannot listen on %s: %s"
                  .formatted(services.config().listen(), binding.cause().getMessage()),
              binding.cause()));
    }
  }

  public static ProxyListener start(
      ProxyConfig config,
      BranchResolver resolver,
      MeterRegistry metrics,
      Optional<StatementTap> tap) {
    CurrentIdentity tls = tls(config);
    boolean complete = false;
    try {
      ProxyListener started = start(config, resolver, metrics, tls, tap);
      complete = true;
      return started;
    } finally {
      if (!complete) {
        tls.close();
      }
    }
  }

  private static CurrentIdentity tls(ProxyConfig config) {
    return config
        .tlsCertificate()
        .map(files -> CurrentIdentity.of(() -> files, LOOK_AT_FILES))
        .orElseGet(() ->
            CurrentIdentity.of(
                () ->
                    GeneratedCertificate.in(
                        config.tlsDirectory(), config.domain(), Clock.systemUTC()),
                LOOK_AT_GENERATED));
  }

  private static ProxyListener start(
      ProxyConfig config,
      BranchResolver resolver,
      MeterRegistry metrics,
      CurrentIdentity tls,
      Optional<StatementTap> tap) {
    Transport transport = Transport.choose();
    ProxyMetrics counted = new ProxyMetrics(metrics);
    counted.watch(tls);
    ProxyServices services =
        new ProxyServices(
            config,
            resolver,
            new BranchCarriers(config.domain()),
            tls,
            new EngineDialer(transport),
            new EngineSessions(),
            new SpareSessions(config.sessionReuse()),
            new CancelKeys(),
            counted,
            new LoginSecrets(),
            new Admissions(config.limits()),
            new FailedLogins(config.limits().logins(), System::nanoTime),
            tap);
    ProxyListener started = new ProxyListener(services, transport);
    log.info("proxy listens on {} ({})", started.address(), transport);
    return started;
  }

  private void accept(Channel client) {
    // Those that have not said yet where they want to go cannot be told either.
    if (connections.size() - MAX_HANDSHAKES >= services.config().limits().connections()) {
      client.close();
      return;
    }
    Connection connection = Connection.accept(client, services);
    connections.add(connection);
    client.closeFuture().addListener(_ -> connections.remove(connection));
  }

  @Override
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.localAddress();
  }

  @Override
  public String certificateFingerprint() {
    return services.tls().get().fingerprint();
  }

  @Override
  public Optional<Path> certificateAuthority() {
    return services.config().tlsCertificate().isPresent()
        ? Optional.empty()
        : Optional.of(GeneratedCertificate.authority(services.config().tlsDirectory()));
  }

  /** Event loops that are busy need a while to hear of it. */
  private void tellAll() {
    List<Connection> told = List.copyOf(connections);
    CountDownLatch untold = new CountDownLatch(told.size());
    for (Connection connection : told) {
      connection.run(() -> {
        try {
          connection.terminate(Connection.SHUTTING_DOWN);
        } finally {
          untold.countDown();
        }
      });
    }
    try {
      if (!untold.await(TELL_MILLIS, TimeUnit.MILLISECONDS)) {
        log.warn("{} clients could not be told that the server stops", untold.getCount());
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Those that did not leave. A loop that ends does not always let go of what is unwritten. */
  private void closeClients() {
    List<ChannelFuture> closing =
        connections.stream().map(connection -> connection.client().close()).toList();
    long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TELL_MILLIS);
    for (ChannelFuture client : closing) {
      long leftNanos = Math.max(0, deadlineNanos - System.nanoTime());
      client.awaitUninterruptibly(leftNanos, TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    listener.close().awaitUninterruptibly();
    tellAll();
    long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DRAIN_MILLIS);
    for (Connection connection : connections) {
      long leftNanos = Math.max(0, deadlineNanos - System.nanoTime());
      connection.client().closeFuture().awaitUninterruptibly(leftNanos, TimeUnit.NANOSECONDS);
    }
    closeClients();
    services.sessions().end(deadlineNanos);
    services.spares().close();
    loops.shutdownGracefully(0, DRAIN_MILLIS, TimeUnit.MILLISECONDS).awaitUninterruptibly();
    services.sessions().release();
    services.tls().close();
  }
}
