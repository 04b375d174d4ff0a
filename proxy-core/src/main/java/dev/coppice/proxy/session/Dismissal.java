package dev.coppice.proxy.session;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Sees a client off that has been told why. Closing at once, with bytes of the client unread, would
 * reset the connection and could destroy the message on its way; so our half is closed, and the
 * rest is read and dropped until the client closes too or the time is up.
 */
final class Dismissal extends ChannelInboundHandlerAdapter {

  /** For a slow client to take what is still to be written. */
  private static final long WRITE_MILLIS = 30_000;

  /** For the client to close after it was told everything. */
  private static final long LINGER_MILLIS = 1_000;

  private boolean written;
  private boolean inputEnded;

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    SslHandler tls = ctx.pipeline().get(SslHandler.class);
    if (tls != null && !tls.handshakeFuture().isSuccess()) {
      ctx.close();
      return;
    }
    ctx.channel().config().setAutoRead(true);
    closeAfter(ctx, WRITE_MILLIS);
    ctx.channel()
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(_ -> {
          if (tls == null) {
            closeOutput(ctx);
          } else {
            tls.closeOutbound().addListener(_ -> closeOutput(ctx));
          }
        });
  }

  private void closeOutput(ChannelHandlerContext ctx) {
    written = true;
    if (ctx.channel() instanceof DuplexChannel duplex
        && !inputEnded
        && duplex.isActive()
        && !duplex.isInputShutdown()) {
      duplex.shutdownOutput();
      closeAfter(ctx, LINGER_MILLIS);
    } else {
      ctx.close();
    }
  }

  private static void closeAfter(ChannelHandlerContext ctx, long millis) {
    Future<?> closing = ctx.executor().schedule(() -> ctx.close(), millis, TimeUnit.MILLISECONDS);
    ctx.channel().closeFuture().addListener(_ -> closing.cancel(false));
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (Connection.endsInput(event)) {
      inputEnded = true;
      if (written) {
        ctx.close();
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
