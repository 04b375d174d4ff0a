package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Bytes of one socket reach another without Netty, until there is something for it to do. */
@ExtendWith(LeakGuard.class)
class FastPathTest {

  private static final int PATIENCE_SECONDS = 120;
  private static final int MANY_BYTES = 30_000_000;

  private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, RelayEpoll.factory());
  private final BlockingQueue<Channel> accepted = new LinkedBlockingQueue<>();

  /** What Netty's pipelines heard of, in order. */
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  private final ByteArrayOutputStream passed = new ByteArrayOutputStream();
  private volatile boolean open = true;
  private volatile boolean swallows;
  private volatile boolean streaming;

  /** Whether the socket was being read behind each pass. */
  private final BlockingQueue<Boolean> readBehind = new LinkedBlockingQueue<>();

  /** Whether one socket is read as fast as the other takes what it says. */
  private volatile boolean paced;

  private Channel from;
  private Channel to;
  private Socket speaker;
  private Socket listener;

  private final class Hearing extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      accepted.add(ctx.channel());
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      heard.add(bytes.toString(StandardCharsets.US_ASCII));
      bytes.release();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        heard.add("end");
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (paced) {
        from.config().setAutoRead(ctx.channel().isWritable());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  @BeforeEach
  void connect() throws Exception {
    Channel server =
        new ServerBootstrap()
            .group(loops)
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel client) {
                    client.pipeline().addLast(new Hearing());
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .syncUninterruptibly()
            .channel();
    int port = ((InetSocketAddress) server.localAddress()).getPort();
    speaker = new Socket(InetAddress.getLoopbackAddress(), port);
    from = accepted();
    listener = new Socket(InetAddress.getLoopbackAddress(), port);
    to = accepted();
    listener.setSoTimeout((int) TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
    onLoop(() -> RelayEpoll.ofThread().orElseThrow().connect(from, to, new Passing()));
  }

  private Channel accepted() throws InterruptedException {
    Channel channel = accepted.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(channel).isNotNull();
    return channel;
  }

  private void onLoop(Runnable action) {
    loops.next().submit(action).syncUninterruptibly();
  }

  private final class Passing implements FastPath.Gate {
    @Override
    public boolean isOpen() {
      return open;
    }

    @Override
    public boolean pass(ByteBuf bytes) {
      passed.writeBytes(ByteBufUtil.getBytes(bytes));
      from.eventLoop().execute(() -> readBehind.add(from.config().isAutoRead()));
      return !swallows;
    }

    @Override
    public boolean isStreaming() {
      return streaming;
    }
  }

  @AfterEach
  void close() throws IOException {
    speaker.close();
    listener.close();
    loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @Test
  void bytesReachTheOtherSocketAlone() throws Exception {
    say("hello");
    assertThat(listener.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
    assertThat(heard).isEmpty();
    assertThat(passed.toString(StandardCharsets.US_ASCII)).isEqualTo("hello");
  }

  @Test
  void nettyReadsWhileTheGateIsClosed() throws Exception {
    open = false;
    say("hello");
    assertThat(heard()).isEqualTo("hello");
    assertThat(passed.size()).isZero();
    open = true;
    say("there");
    assertThat(listener.getInputStream().readNBytes(5)).asString().isEqualTo("there");
  }

  @Test
  void nettyReadsAfterTheEndOfThePath() throws Exception {
    onLoop(() -> RelayEpoll.ofThread().orElseThrow().disconnect(from));
    say("hello");
    assertThat(heard()).isEqualTo("hello");
  }

  @Test
  void theGateMayKeepWhatItSees() throws Exception {
    swallows = true;
    say("unheard");
    TestEngine.await("the gate", () -> passed.size() == 7);
    swallows = false;
    say("heard");
    assertThat(listener.getInputStream().readNBytes(5)).asString().isEqualTo("heard");
  }

  @Test
  void whatComesBehindWhatNettyStillWritesStaysBehind() throws Exception {
    byte[] first = random(MANY_BYTES);
    onLoop(() -> to.writeAndFlush(Unpooled.wrappedBuffer(first), to.voidPromise()));
    say("last");
    assertThat(heard()).isEqualTo("last");
    assertThat(listener.getInputStream().readNBytes(MANY_BYTES)).isEqualTo(first);
  }

  @Test
  void aSocketThatTakesLittleGetsAllInOrder() throws Exception {
    paced = true;
    onLoop(() -> from.pipeline().replace(Hearing.class, "forward", new Forwarding()));
    byte[] bytes = random(MANY_BYTES);
    CompletableFuture<Void> speaking = CompletableFuture.runAsync(() -> speak(bytes));
    TestEngine.await("a full socket", () -> !from.config().isAutoRead());
    assertThat(listener.getInputStream().readNBytes(MANY_BYTES)).isEqualTo(bytes);
    speaking.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(passed.size()).isGreaterThan(0);
  }

  @Test
  void aStreamIsLeftToGatherForAMoment() throws Exception {
    streaming = true;
    exchangeGreetings();
    assertThat(readBehind).hasSizeGreaterThan(0).containsOnly(false);
    assertThat(heard).isEmpty();
  }

  @Test
  void aStreamArrivesWholeAlsoWhereTheOtherSocketTakesLittle() throws Exception {
    streaming = true;
    paced = true;
    onLoop(() -> from.pipeline().replace(Hearing.class, "forward", new Forwarding()));
    byte[] bytes = random(MANY_BYTES);
    CompletableFuture<Void> speaking = CompletableFuture.runAsync(() -> speak(bytes));
    assertThat(listener.getInputStream().readNBytes(MANY_BYTES)).isEqualTo(bytes);
    speaking.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void whatIsNoStreamIsReadOnAtOnce() throws Exception {
    exchangeGreetings();
    assertThat(readBehind).hasSizeGreaterThan(0).containsOnly(true);
  }

  private void exchangeGreetings() throws IOException {
    for (int i = 0; i < 100; i++) {
      say("hello");
      assertThat(listener.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
    }
    onLoop(() -> {});
  }

  private void speak(byte[] bytes) {
    try {
      speaker.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private final class Forwarding extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      to.writeAndFlush(message, to.voidPromise());
      if (!to.isWritable()) {
        from.config().setAutoRead(false);
      }
    }
  }

  @Test
  void theEndIsNettys() throws Exception {
    say("hello");
    assertThat(listener.getInputStream().readNBytes(5)).asString().isEqualTo("hello");
    speaker.shutdownOutput();
    assertThat(heard()).isEqualTo("end");
  }

  @Test
  void anotherSocketThatIsGoneIsClosed() throws Exception {
    listener.setSoLinger(true, 0);
    listener.close();
    TestEngine.await("the end of the other channel", () -> speaksInVain() && !to.isActive());
  }

  private boolean speaksInVain() {
    try {
      say("x");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void say(String text) throws IOException {
    speaker.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String heard() throws InterruptedException {
    return heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }
}
