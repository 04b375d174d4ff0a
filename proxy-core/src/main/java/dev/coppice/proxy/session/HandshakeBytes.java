package dev.coppice.proxy.session;

import dev.coppice.proxy.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/** Counts what a client sends until it is authenticated, before anything is decrypted. */
final class HandshakeBytes extends ChannelInboundHandlerAdapter {

  private final Connection connection;
  private final int most;
  private long count;

  HandshakeBytes(Connection connection, int most) {
    this.connection = connection;
    this.most = most;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    count += ((ByteBuf) message).readableBytes();
    if (count <= most) {
      ctx.fireChannelRead(message);
      return;
    }
    ReferenceCountUtil.release(message);
    connection.refuse(
        new Refusal(
            "handshake_too_long",
            "54000",
            "the client sent more than %d bytes before it was logged in".formatted(most),
            "Send statements after the login; limits.handshake_bytes on the server is the limit."));
  }
}
