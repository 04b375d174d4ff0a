package dev.coppice.proxy.session;

import dev.coppice.proxy.ProxyConfig;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.session.ProxyMetrics.Outcome;
import dev.coppice.proxy.tls.TlsIdentity;
import dev.coppice.proxy.wire.BackendMessages;
import dev.coppice.proxy.wire.StartupDecoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client on its way through the stages. Its pipeline holds, in this order: TLS if used, a
 * decoder until authentication is done, and the present stage. Confined to the client channel's
 * event loop.
 */
final class Connection {

  static final Refusal SHUTTING_DOWN =
      new Refusal(
          "shutting_down",
          "57P01",
          "terminating connection due to administrator command",
          "The Coppice server is shutting down; connect again when it is back.");

  private static final Logger log = LoggerFactory.getLogger(Connection.class);

  /** Stands first until the client is authenticated. */
  static final String BYTES = "bytes";

  private static final String DECODER = "decoder";
  private static final String STAGE = "stage";

  private final Channel client;
  private final ProxyServices services;

  /** What this client is shown, whatever others are later. */
  private final TlsIdentity tls;

  private final long acceptedNanos = System.nanoTime();
  private Outcome outcome = Outcome.ABANDONED;
  private Consumer<Refusal> terminator = this::refuse;
  private boolean dismissed;
  private int protocolMinor;
  private @Nullable ScheduledFuture<?> deadline;

  private Connection(Channel client, ProxyServices services) {
    this.client = client;
    this.services = services;
    this.tls = services.tls().get();
  }

  /** Takes a channel that was just accepted. */
  static Connection accept(Channel client, ProxyServices services) {
    Connection connection = new Connection(client, services);
    services.metrics().opened();
    client.closeFuture().addListener(_ -> connection.closed());
    StartupDecoder decoder = new StartupDecoder();
    client
        .pipeline()
        .addLast(BYTES, new HandshakeBytes(connection, services.config().limits().logins().bytes()))
        .addLast(new DirectTlsDetector(connection.tls))
        .addLast(DECODER, decoder)
        .addLast(STAGE, new Handshake(connection, decoder));
    connection.allow(
        services.config().handshakeTimeout(), () -> handshakeTimeout(services.config()));
    return connection;
  }

  private static Refusal handshakeTimeout(ProxyConfig config) {
    return new Refusal(
        "handshake_timeout",
        "57014",
        "canceling authentication due to timeout",
        "The client did not finish logging in within %d seconds."
            .formatted(config.handshakeTimeout().toSeconds()));
  }

  Channel client() {
    return client;
  }

  ProxyServices services() {
    return services;
  }

  TlsIdentity tls() {
    return tls;
  }

  SocketAddress address() {
    return client.remoteAddress();
  }

  /** Runs on the client's event loop, at once if that is the caller's. */
  void run(Runnable action) {
    if (client.eventLoop().inEventLoop()) {
      action.run();
    } else {
      client.eventLoop().execute(action);
    }
  }

  /** Whether an event says that the client sends no more: TCP's way, or that of TLS. */
  static boolean endsInput(Object event) {
    return event instanceof ChannelInputShutdownEvent || event == SslCloseCompletionEvent.SUCCESS;
  }

  boolean isOver() {
    return dismissed || !client.isActive();
  }

  /** Replaces the decoder and the stage; what the old decoder still holds goes to the new one. */
  void enter(ChannelHandler decoder, ChannelHandler stage) {
    client.pipeline().replace(STAGE, STAGE, stage);
    client.pipeline().replace(DECODER, DECODER, decoder);
  }

  /** Replaces the stage by one that reads bytes; what the decoder still holds goes to it. */
  void enter(ChannelHandler stage) {
    ChannelPipeline pipeline = client.pipeline();
    pipeline.replace(STAGE, STAGE, stage);
    if (pipeline.get(DECODER) != null) {
      pipeline.remove(DECODER);
    }
  }

  /** Refuses the client unless the stage is left within a time; replaces an earlier deadline. */
  void allow(Duration time, Supplier<Refusal> otherwise) {
    endDeadline();
    deadline =
        client
            .eventLoop()
            .schedule(() -> refuse(otherwise.get()), time.toMillis(), TimeUnit.MILLISECONDS);
  }

  void endDeadline() {
    if (deadline != null) {
      deadline.cancel(false);
      deadline = null;
    }
  }

  /** From now on the client may send what it likes. */
  void authenticated() {
    services.metrics().authenticated(System.nanoTime() - acceptedNanos);
    client.pipeline().remove(BYTES);
  }

  /** Of protocol 3, as agreed with the client. */
  int protocolMinor() {
    return protocolMinor;
  }

  void protocolMinor(int agreed) {
    protocolMinor = agreed;
  }

  void outcome(Outcome reached) {
    outcome = reached;
  }

  /** Says how a session is ended from now on. */
  void onTerminate(Consumer<Refusal> how) {
    terminator = how;
  }

  void terminate(Refusal why) {
    if (!isOver()) {
      terminator.accept(why);
    }
  }

  /** Turns the client away for whatever went wrong; nothing internal is told. */
  void fail(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof DecoderException || cause instanceof CompletionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    switch (cause) {
      case RefusedException refused -> refuse(refused.refusal());
      case SSLException unreadable -> abandon(unreadable);
      case IOException lost -> abandon(lost);
      default -> {
        log.error("connection of {} failed", address(), cause);
        refuse(
            new Refusal(
                "internal",
                "XX000",
                "the connection could not be established because of an internal error",
                "The Coppice server's log says more."));
      }
    }
  }

  private void abandon(Exception cause) {
    log.debug("connection of {} is lost: {}", address(), cause.toString());
    client.close();
  }

  void refuse(Refusal refusal) {
    if (isOver()) {
      return;
    }
    log.debug("refused {}: {} {}", address(), refusal.sqlState(), refusal.message());
    tell(refusal);
    dismissRefused(refusal.kind());
  }

  /** Writes an ErrorResponse. */
  void tell(Refusal refusal) {
    ByteBuf message = client.alloc().buffer();
    BackendMessages.fatal(message, refusal);
    client.write(message);
  }

  /** Sees a client off that has been told why it gets no session. */
  void dismissRefused(String kind) {
    outcome = Outcome.REFUSED;
    services.metrics().refused(kind);
    dismiss();
  }

  /** Sees a client off that has said itself that it leaves. */
  void part() {
    if (isOver()) {
      return;
    }
    if (client.writeAndFlush(Unpooled.EMPTY_BUFFER).isSuccess()) {
      dismissed = true;
      endDeadline();
      client.close();
    } else {
      dismiss();
    }
  }

  /** Writes what is left to write, then closes. */
  void dismiss() {
    if (isOver()) {
      return;
    }
    dismissed = true;
    endDeadline();
    enter(new Dismissal());
  }

  private void closed() {
    endDeadline();
    services.metrics().closed(outcome);
  }
}
