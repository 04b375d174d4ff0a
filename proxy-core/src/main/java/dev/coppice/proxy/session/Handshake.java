package dev.coppice.proxy.session;

import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.route.Route;
import dev.coppice.proxy.tls.TlsIdentity;
import dev.coppice.proxy.wire.BackendMessages;
import dev.coppice.proxy.wire.PasswordDecoder;
import dev.coppice.proxy.wire.StartupDecoder;
import dev.coppice.proxy.wire.StartupPacket;
import dev.coppice.proxy.wire.StartupPacket.StartupMessage;
import dev.coppice.proxy.wire.WireErrors;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.Optional;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIHostName;

/** The first stage: encryption, protocol version, and what the client wants. */
final class Handshake extends SimpleChannelInboundHandler<StartupPacket> {

  private final Connection connection;
  private final StartupDecoder decoder;
  private boolean tlsAsked;
  private boolean gssAsked;
  private Optional<String> serverName = Optional.empty();

  Handshake(Connection connection, StartupDecoder decoder) {
    this.connection = connection;
    this.decoder = decoder;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, StartupPacket packet) {
    switch (packet) {
      case StartupMessage message -> startup(ctx, message);
      case StartupPacket.TlsRequest _ -> beginTls(ctx);
      case StartupPacket.GssRequest _ -> refuseGss(ctx);
      case StartupPacket.CancelRequest cancel -> new Cancellation(connection).run(cancel.key());
    }
  }

  private void beginTls(ChannelHandlerContext ctx) {
    if (tlsAsked || ctx.pipeline().get(SslHandler.class) != null) {
      throw WireErrors.violation("the connection is encrypted already");
    }
    if (decoder.hasBufferedBytes()) {
      throw WireErrors.violation("received unencrypted data after an SSL request");
    }
    tlsAsked = true;
    ctx.writeAndFlush(ctx.alloc().buffer(1).writeByte('S'));
    ctx.pipeline().addAfter(Connection.BYTES, null, connection.tls().newHandler(ctx.alloc()));
  }

  private void refuseGss(ChannelHandlerContext ctx) {
    if (gssAsked) {
      throw WireErrors.violation("GSSAPI encryption was declined already");
    }
    if (decoder.hasBufferedBytes()) {
      throw WireErrors.violation("received unencrypted data after a GSSAPI encryption request");
    }
    gssAsked = true;
    ctx.writeAndFlush(ctx.alloc().buffer(1).writeByte('N'));
  }

  private void startup(ChannelHandlerContext ctx, StartupMessage message) {
    Route route = connection.services().carriers().read(message, serverName);
    connection.services().failedLogins().requireFew(route.branch(), connection.address());
    Runnable leaving =
        connection.services().admissions().admit(route.branch(), connection.address());
    ctx.channel().closeFuture().addListener(_ -> leaving.run());
    if (message.minorVersion() > message.agreedMinor() || !message.protocolOptions().isEmpty()) {
      ByteBuf negotiation = ctx.alloc().buffer();
      BackendMessages.negotiateProtocolVersion(
          negotiation, message.agreedMinor(), message.protocolOptions());
      ctx.write(negotiation);
    }
    connection.protocolMinor(message.agreedMinor());
    boolean encrypted = ctx.pipeline().get(SslHandler.class) != null;
    Authentication next = new Authentication(connection, route, encrypted);
    connection.enter(new PasswordDecoder(), next);
    next.begin();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    switch (event) {
      case SslHandshakeCompletionEvent tls when tls.isSuccess() -> encrypted(ctx);
      case SslHandshakeCompletionEvent tls -> connection.fail(tls.cause());
      case Object end when Connection.endsInput(end) -> ctx.close();
      default -> {}
    }
  }

  private void encrypted(ChannelHandlerContext ctx) {
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    if (!tlsAsked && !TlsIdentity.PROTOCOL.equals(tls.applicationProtocol())) {
      connection.refuse(
          new Refusal(
              "alpn_missing",
              "08P01",
              "a direct TLS connection must ask for the protocol \"postgresql\" (ALPN)",
              "Use sslnegotiation=postgres, or a client that sends ALPN."));
      return;
    }
    if (tls.engine().getSession() instanceof ExtendedSSLSession session) {
      serverName =
          session.getRequestedServerNames().stream()
              .filter(SNIHostName.class::isInstance)
              .map(name -> ((SNIHostName) name).getAsciiName())
              .findFirst();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    connection.fail(cause);
  }
}
