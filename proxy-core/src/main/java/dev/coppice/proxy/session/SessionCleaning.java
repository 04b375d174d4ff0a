package dev.coppice.proxy.session;

import dev.coppice.proxy.wire.FrontendMessages;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Takes away what a client has left in a session. If anything but the answer that is expected
 * comes, the session is closed. Confined to its channel's event loop.
 */
final class SessionCleaning extends ByteToMessageDecoder {

  private static final int HEADER_BYTES = 5;
  private static final int MAX_MESSAGE_BYTES = 64 * 1024;
  private static final long PATIENCE_MILLIS = 5_000;

  private final Runnable then;
  private final ScheduledFuture<?> deadline;

  private SessionCleaning(Channel engine, Runnable then) {
    this.then = then;
    this.deadline =
        engine.eventLoop().schedule(() -> engine.close(), PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * @param then called when nothing is left; not at all if the session is lost
   */
  static void run(Channel engine, Runnable then) {
    engine.pipeline().addLast(new SessionCleaning(engine, then));
    engine.config().setAutoRead(true);
    ByteBuf message = engine.alloc().buffer();
    FrontendMessages.query(message, "DISCARD ALL");
    engine.writeAndFlush(message);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (!ctx.channel().isActive()) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (in.readableBytes() < HEADER_BYTES) {
      return;
    }
    char type = (char) in.getUnsignedByte(in.readerIndex());
    long length = 1L + in.getUnsignedInt(in.readerIndex() + 1);
    if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES || "SCZ".indexOf(type) < 0) {
      ctx.close();
      return;
    }
    if (in.readableBytes() < length) {
      return;
    }
    ByteBuf body = in.skipBytes(HEADER_BYTES).readSlice((int) length - HEADER_BYTES);
    if (type == 'Z') {
      if (body.isReadable() && body.readByte() == 'I' && !in.isReadable()) {
        ctx.pipeline().remove(this);
        then.run();
      } else {
        ctx.close();
      }
    }
  }

  @Override
  public void handlerRemoved0(ChannelHandlerContext ctx) {
    deadline.cancel(false);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
