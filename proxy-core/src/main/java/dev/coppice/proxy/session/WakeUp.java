package dev.coppice.proxy.session;

import dev.coppice.proxy.BranchTarget;
import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.route.Route;
import dev.coppice.proxy.wire.FrontendMessages;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The third stage: waits for the branch's engine and opens a session on it. What the client sends
 * meanwhile is held and reaches the engine when the session is ready.
 */
final class WakeUp extends ChannelInboundHandlerAdapter {

  private static final Logger log = LoggerFactory.getLogger(WakeUp.class);

  private static final int MAX_HELD_BYTES = 64 * 1024;

  private final Connection connection;
  private final Route route;
  private final BranchTarget target;
  private final Deque<ByteBuf> held = new ArrayDeque<>();
  private final long startNanos = System.nanoTime();
  private int heldBytes;
  private boolean left;
  private @Nullable EngineSession session;

  WakeUp(Connection connection, Route route, BranchTarget target) {
    this.connection = connection;
    this.route = route;
    this.target = target;
  }

  void begin() {
    long seconds = connection.services().config().wakeTimeout().toSeconds();
    connection.allow(
        connection.services().config().wakeTimeout(),
        new Refusal(
            "wake_timeout",
            "57P03",
            "the engine of branch \"%s\" was not ready within %d seconds"
                .formatted(route.branch(), seconds),
            "Connect again: the engine may be up by then. `coppice doctor` says whether the machine"
                + " is short of something."));
    target.connect().whenComplete(this::hear);
  }

  private void hear(@Nullable EngineEndpoint endpoint, @Nullable Throwable failure) {
    try {
      connection.run(() -> awake(endpoint, failure));
    } catch (RejectedExecutionException _) {
      // The proxy was closed meanwhile.
      if (endpoint != null) {
        endpoint.close();
      }
    }
  }

  private void awake(@Nullable EngineEndpoint endpoint, @Nullable Throwable failure) {
    if (endpoint == null) {
      if (!left) {
        connection.fail(
            failure != null ? failure : new IllegalStateException("no engine and no reason"));
      }
      return;
    }
    EngineSession reached = new EngineSession(connection.services(), endpoint);
    if (left) {
      reached.release();
      return;
    }
    connection
        .services()
        .dialer()
        .dial(connection.client().eventLoop(), endpoint.socket())
        .addListener((Future<Channel> dialed) -> dialed(reached, dialed));
  }

  private void dialed(EngineSession reached, Future<Channel> dialed) {
    if (!dialed.isSuccess()) {
      reached.release();
      if (!left) {
        log.error("engine {} cannot be reached", reached.endpoint().socket(), dialed.cause());
        connection.refuse(unreachable());
      }
      return;
    }
    Channel engine = dialed.getNow();
    reached.opened(engine);
    if (left) {
      engine.close();
      return;
    }
    session = reached;
    engine.pipeline().addLast(new EngineStartup(connection, reached, this));
    ByteBuf startup = engine.alloc().buffer();
    FrontendMessages.startup(startup, route.engineParameters(target.defaultDatabase()));
    engine.writeAndFlush(startup);
  }

  /** The engine's session is there: the relay takes over. */
  void ready() {
    if (session == null || left) {
      return;
    }
    connection.services().metrics().awake(System.nanoTime() - startNanos);
    connection.endDeadline();
    Channel engine = session.channel();
    held.forEach(engine::write);
    held.clear();
    engine.flush();
    new Relay(connection, session).begin();
  }

  /** The engine ended the session before it was ready, and the client was not told why. */
  void lost() {
    if (!left) {
      connection.refuse(unreachable());
    }
  }

  private Refusal unreachable() {
    return new Refusal(
        "engine_unreachable",
        "57P03",
        "the engine of branch \"%s\" cannot be reached".formatted(route.branch()),
        "Connect again: the engine may have been stopping. If it persists, reset the branch.");
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    heldBytes += bytes.readableBytes();
    held.add(bytes);
    if (heldBytes >= MAX_HELD_BYTES) {
      ctx.channel().config().setAutoRead(false);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      ctx.close();
    }
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    left = true;
    held.forEach(ByteBuf::release);
    held.clear();
    if (session != null && connection.isOver()) {
      session.channel().close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    connection.fail(cause);
  }
}
