package dev.coppice.proxy.session;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Opens connections to engines' sockets. */
final class EngineDialer {

  /** A full backlog, or a socket file that is being put in place, passes within milliseconds. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final long FIRST_PAUSE_MILLIS = 1;
  private static final long MAX_PAUSE_MILLIS = 50;

  private final Transport transport;

  EngineDialer(Transport transport) {
    this.transport = transport;
  }

  /**
   * Completes on the given event loop, which will also drive the channel. Nothing is opened at
   * once: while the loop handles what epoll has told it, the new socket could get the number of one
   * that was just closed, and be taken for it.
   */
  Future<Channel> dial(EventLoop loop, Path socket) {
    Promise<Channel> result = loop.newPromise();
    long startNanos = System.nanoTime();
    loop.execute(() -> attempt(loop, socket, result, startNanos, FIRST_PAUSE_MILLIS));
    return result;
  }

  @SuppressWarnings("deprecation") // AUTO_CLOSE: see below.
  private void attempt(
      EventLoop loop, Path socket, Promise<Channel> result, long startNanos, long pauseMillis) {
    ChannelFuture connecting =
        new Bootstrap()
            .group(loop)
            .channel(transport.engineChannel())
            .option(ChannelOption.RECVBUF_ALLOCATOR, Transport.receiveBuffers())
            // A failed write must not discard what the engine said before it closed.
            .option(ChannelOption.AUTO_CLOSE, false)
            .handler(new ChannelInboundHandlerAdapter())
            .connect(transport.address(socket));
    connecting.addListener((ChannelFuture done) -> {
      if (done.isSuccess()) {
        if (!result.trySuccess(done.channel())) {
          done.channel().close();
        }
      } else if (result.isCancelled()
          || System.nanoTime() - startNanos > PATIENCE.toNanos()
          || loop.isShuttingDown()) {
        result.tryFailure(done.cause());
      } else {
        loop.schedule(
            () ->
                attempt(
                    loop, socket, result, startNanos, Math.min(pauseMillis * 2, MAX_PAUSE_MILLIS)),
            pauseMillis,
            TimeUnit.MILLISECONDS);
      }
    });
  }
}
