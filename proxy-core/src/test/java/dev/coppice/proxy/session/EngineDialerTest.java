package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

class EngineDialerTest {

  private static final int ROUNDS = 20;
  private static final long PATIENCE_SECONDS = 120;

  @TempDir private Path directory;

  /** What reached the end of a pipeline. */
  private final ListAppender<ILoggingEvent> unhandled = new ListAppender<>();

  private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();

  @SuppressWarnings("NullAway.Init") // by start()
  private EventLoopGroup engines;

  @SuppressWarnings("NullAway.Init") // by start()
  private EventLoopGroup proxy;

  @SuppressWarnings("NullAway.Init") // by start()
  private Path socket;

  @BeforeEach
  void start() {
    assumeTrue(Transport.EPOLL.isAvailable(), "epoll is not available on this machine");
    unhandled.start();
    pipelines().addAppender(unhandled);
    engines = new MultiThreadIoEventLoopGroup(1, Transport.EPOLL.ioHandlers());
    proxy = new MultiThreadIoEventLoopGroup(1, Transport.EPOLL.ioHandlers());
    socket = directory.resolve("socket");
    new ServerBootstrap()
        .group(engines)
        .channel(EpollServerDomainSocketChannel.class)
        .childHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new Patient());
                accepted.add(channel);
              }
            })
        .bind(Transport.EPOLL.address(socket))
        .syncUninterruptibly();
  }

  private static Logger pipelines() {
    return (Logger) LoggerFactory.getLogger("io.netty.channel.DefaultChannelPipeline");
  }

  @AfterEach
  void stop() {
    pipelines().detachAppender(unhandled);
    proxy.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
    engines.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private Channel connect(ChannelInboundHandlerAdapter handler) {
    ChannelFuture connected =
        new Bootstrap()
            .group(proxy)
            .channel(EpollDomainSocketChannel.class)
            .handler(handler)
            .connect(Transport.EPOLL.address(socket));
    return connected.syncUninterruptibly().channel();
  }

  private Channel other() throws InterruptedException {
    Channel other = accepted.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(other).isNotNull();
    return other;
  }

  /** Two sockets have news, and at that of the first the second is closed and another opened. */
  @Test
  void aNewSocketHearsNothingOfTheOneWhoseNumberItGot() throws Exception {
    EngineDialer dialer = new EngineDialer(Transport.EPOLL);
    EventLoop loop = proxy.next();
    for (int round = 0; round < ROUNDS; round++) {
      Channel closing = connect(new ChannelInboundHandlerAdapter());
      Channel closingOther = other();
      CompletableFuture<Channel> dialed = new CompletableFuture<>();
      Channel first = connect(new Swapping(closing, dialer, socket, dialed));
      Channel firstOther = other();
      CountDownLatch busy = new CountDownLatch(1);
      CountDownLatch told = new CountDownLatch(1);
      loop.execute(() -> {
        busy.countDown();
        await(told);
      });
      await(busy);
      firstOther.writeAndFlush(news()).syncUninterruptibly();
      closingOther.writeAndFlush(news()).syncUninterruptibly();
      told.countDown();
      Channel fresh = dialed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(fresh.isActive()).isTrue();
      other();
      fresh.close().syncUninterruptibly();
      first.close().syncUninterruptibly();
    }
    assertThat(unhandled.list)
        .extracting(event -> event.getThrowableProxy().getMessage())
        .isEmpty();
  }

  private static ByteBuf news() {
    return Unpooled.buffer().writeByte('!');
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whose other side is closed before it has read everything. */
  private static final class Patient extends ChannelInboundHandlerAdapter {

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  /** At the first byte, closes a channel and dials another one. */
  private static final class Swapping extends ChannelInboundHandlerAdapter {

    private final Channel closing;
    private final EngineDialer dialer;
    private final Path socket;
    private final CompletableFuture<Channel> dialed;

    Swapping(Channel closing, EngineDialer dialer, Path socket, CompletableFuture<Channel> dialed) {
      this.closing = closing;
      this.dialer = dialer;
      this.socket = socket;
      this.dialed = dialed;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
      closing.close();
      dialer
          .dial(ctx.channel().eventLoop(), socket)
          .addListener((Future<Channel> done) -> dialed.complete(done.getNow()));
    }
  }
}
