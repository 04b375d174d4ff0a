package dev.coppice.proxy.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(LeakGuard.class)
class DismissalTest {

  /** A client that takes nothing until it is let. */
  private static final class Slow extends ChannelOutboundHandlerAdapter {

    private final Queue<ChannelPromise> written = new ArrayDeque<>();

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
      written.add(promise);
    }

    void takeAll() {
      written.forEach(ChannelPromise::setSuccess);
      written.clear();
    }
  }

  private final Slow slow = new Slow();
  private final DuplexTestChannel client = new DuplexTestChannel();

  DismissalTest() {
    client.freezeTime();
    client.pipeline().addLast(slow);
    client.write(Unpooled.copiedBuffer(new byte[] {'E'}));
    client.pipeline().addLast(new Dismissal());
  }

  @AfterEach
  void close() {
    client.finishAndReleaseAll();
  }

  static Object[] ends() {
    return new Object[] {ChannelInputShutdownEvent.INSTANCE, SslCloseCompletionEvent.SUCCESS};
  }

  @ParameterizedTest
  @MethodSource("ends")
  void aClientThatHasClosedItsHalfGetsAllThatWasWritten(Object end) {
    client.pipeline().fireUserEventTriggered(end);
    assertThat(client.isOpen()).isTrue();
    slow.takeAll();
    assertThat(client.isOpen()).isFalse();
  }

  @ParameterizedTest
  @MethodSource("ends")
  void aClientThatHasGotEverythingIsWaitedForUntilItCloses(Object end) {
    slow.takeAll();
    assertThat(client.isOpen()).isTrue();
    assertThat(client.isOutputShutdown()).isTrue();
    client.pipeline().fireUserEventTriggered(end);
    assertThat(client.isOpen()).isFalse();
  }

  @Test
  void nobodyIsWaitedForForEver() {
    slow.takeAll();
    client.advanceTimeBy(1, TimeUnit.SECONDS);
    client.runScheduledPendingTasks();
    assertThat(client.isOpen()).isFalse();
  }
}
