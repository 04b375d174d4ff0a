package dev.coppice.proxy.session;

import dev.coppice.proxy.tls.TlsIdentity;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Sees from the first byte whether a client begins TLS without asking. A startup packet's first
 * byte is the highest of its length, hence zero.
 */
final class DirectTlsDetector extends ChannelInboundHandlerAdapter {

  private static final int TLS_HANDSHAKE_RECORD = 0x16;

  private final TlsIdentity tls;

  DirectTlsDetector(TlsIdentity tls) {
    this.tls = tls;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof ByteBuf bytes
        && bytes.isReadable()
        && bytes.getUnsignedByte(bytes.readerIndex()) == TLS_HANDSHAKE_RECORD) {
      ctx.pipeline().addAfter(ctx.name(), null, tls.newHandler(ctx.alloc()));
    }
    // First, since what the bytes lead to may close the channel and empty the pipeline.
    ctx.pipeline().remove(this);
    ctx.fireChannelRead(message);
  }
}
