package dev.coppice.proxy.session;

import dev.coppice.proxy.wire.FrontendMessages;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Takes away what a client has left in a session. If anything but the answer that is expected
 * comes, the session is closed. Confined to its channel's event loop.
 */
final class SessionCleaning extends EngineAnswers {

  private static final int MAX_MESSAGE_BYTES = 64 * 1024;
  private static final long PATIENCE_MILLIS = 5_000;

  private final Runnable then;
  private final ScheduledFuture<?> deadline;

  private SessionCleaning(Channel engine, Runnable then) {
    super("SCZ", MAX_MESSAGE_BYTES);
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
  boolean awaited() {
    return true;
  }

  @Override
  void message(ChannelHandlerContext ctx, char type, ByteBuf body, boolean last) {
    if (type == 'Z') {
      if (body.isReadable() && body.readByte() == 'I' && last) {
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
}
