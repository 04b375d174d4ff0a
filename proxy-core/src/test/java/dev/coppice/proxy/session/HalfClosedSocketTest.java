package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who has closed its half gets all that is still said, also if that is more than sockets hold. */
@ExtendWith(LeakGuard.class)
class HalfClosedSocketTest {

  private static final int ANSWER_BYTES = 20_000_000;
  private static final int PATIENCE_SECONDS = 120;

  private final CountDownLatch told = new CountDownLatch(1);

  /** Answers at the end of what it is asked, and when that has been noted everywhere. */
  private final class Answering extends ChannelInboundHandlerAdapter {
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        ctx.channel().eventLoop().execute(() -> answer(ctx.channel()));
      }
    }

    private void answer(Channel channel) {
      channel
          .writeAndFlush(Unpooled.wrappedBuffer(new byte[ANSWER_BYTES]))
          .addListener(ChannelFutureListener.CLOSE);
      told.countDown();
    }
  }

  @ParameterizedTest
  @EnumSource
  void isStillWrittenTo(Transport transport) throws Exception {
    assumeTrue(transport.isAvailable(), () -> transport + " is not available on this machine");
    EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, transport.ioHandlers());
    try {
      Channel listener = listen(transport, loops);
      int port = ((InetSocketAddress) listener.localAddress()).getPort();
      try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
        client.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
        client.shutdownOutput();
        assertThat(told.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(client.getInputStream().transferTo(OutputStream.nullOutputStream()))
            .isEqualTo(ANSWER_BYTES);
      }
    } finally {
      loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }

  private Channel listen(Transport transport, EventLoopGroup loops) {
    return new ServerBootstrap()
        .group(loops)
        .channel(transport.serverChannel())
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel client) {
                client.pipeline().addLast(new Answering());
              }
            })
        .bind(InetAddress.getLoopbackAddress(), 0)
        .syncUninterruptibly()
        .channel();
  }
}
