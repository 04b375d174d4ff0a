package dev.coppice.proxy.session;

import dev.coppice.proxy.BranchTarget;
import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.TappedSession;
import dev.coppice.proxy.route.Route;
import dev.coppice.proxy.wire.BackendMessages;
import dev.coppice.proxy.wire.CancelKey;
import dev.coppice.proxy.wire.FrontendMessages;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
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
  private static final long FIRST_PAUSE_MILLIS = 2;
  private static final long MAX_PAUSE_MILLIS = 200;

  /** An engine's session takes a moment to end: this many pauses, twice as long each time. */
  private static final int ATTEMPTS_AFTER_MAKING_ROOM = 6;

  private final Connection connection;
  private final Route route;
  private final BranchTarget target;
  private final Deque<ByteBuf> held = new ArrayDeque<>();
  private final long startNanos = System.nanoTime();
  private int heldBytes;
  private long pauseMillis = FIRST_PAUSE_MILLIS;
  private int attemptsLeft;
  private boolean left;
  private @Nullable EngineSession session;
  private Optional<SessionUse> use = Optional.empty();

  /** Then what the client is told of its login can wait for the session's beginning. */
  private boolean expectsSpare;

  WakeUp(Connection connection, Route route, BranchTarget target) {
    this.connection = connection;
    this.route = route;
    this.target = target;
  }

  void begin() {
    connection.allow(connection.services().config().wakeTimeout(), this::wakeTimeout);
    connect();
    if (!expectsSpare) {
      connection.client().flush();
    }
  }

  private Refusal wakeTimeout() {
    return new Refusal(
        "wake_timeout",
        "57P03",
        "the engine of branch \"%s\" was not ready within %d seconds"
            .formatted(route.branch(), connection.services().config().wakeTimeout().toSeconds()),
        "Connect again: the engine may be up by then. `coppice doctor` says whether the machine"
            + " is short of something.");
  }

  private void connect() {
    target.connect().whenComplete(this::hear);
  }

  /**
   * The engine was ending, had not quite begun or had no room, and the client has not noticed: asks
   * for it anew. If its branch was reset, that is another one; if it was deleted, that is what is
   * told.
   */
  void again() {
    if (left) {
      return;
    }
    session = null;
    pauseMillis = Math.min(2 * pauseMillis, MAX_PAUSE_MILLIS);
    var _ =
        connection
            .client()
            .eventLoop()
            .schedule(
                () -> {
                  if (!left) {
                    connect();
                  }
                },
                pauseMillis,
                TimeUnit.MILLISECONDS);
  }

  /**
   * The engine has no room for another session: ends those that wait for clients.
   *
   * @return whether there may be room soon
   */
  boolean makeRoom(EngineSession which) {
    if (connection.services().spares().clear(which.endpoint().engine())) {
      attemptsLeft = ATTEMPTS_AFTER_MAKING_ROOM;
    }
    return attemptsLeft-- > 0;
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
    SpareShelf shelf = connection.services().spares().on(connection.client().eventLoop());
    SessionKey key =
        new SessionKey(endpoint.engine(), route.engineParameters(target.defaultDatabase()));
    use = shelf.ask(key);
    expectsSpare = true;
    shelf.take(
        key, spare -> spare.ifPresentOrElse(found -> take(reached, found), () -> dial(reached)));
  }

  private void take(EngineSession reached, SpareSession spare) {
    Channel engine = spare.channel();
    reached.opened(engine);
    if (left) {
      engine.close();
      return;
    }
    use = use.map(present -> present.of(spare));
    session = reached;
    greet(spare.start());
  }

  private void greet(SessionStart start) {
    Channel client = connection.client();
    client.write(Unpooled.wrappedBuffer(start.greeting()));
    begun(session(), start);
    ByteBuf end = client.alloc().buffer();
    BackendMessages.readyForQuery(end);
    client.write(end);
    connection.services().metrics().session(true);
    relay();
  }

  private EngineSession session() {
    if (session == null) {
      throw new IllegalStateException("no session has begun");
    }
    return session;
  }

  /** The engine began a session, which the client must be able to cancel. */
  void begun(EngineSession which, SessionStart start) {
    int secretBytes = CancelKey.secretBytes(connection.protocolMinor());
    ByteBuf message = connection.client().alloc().buffer();
    BackendMessages.backendKeyData(message, which.begun(start, secretBytes));
    connection.client().write(message);
  }

  private void dial(EngineSession reached) {
    expectsSpare = false;
    if (left) {
      reached.release();
      return;
    }
    connection.client().flush();
    Future<Channel> dialing =
        connection
            .services()
            .dialer()
            .dial(connection.client().eventLoop(), reached.endpoint().socket());
    reached.onEnding(() -> dialing.cancel(false));
    dialing.addListener((Future<Channel> dialed) -> dialed(reached, dialed));
  }

  private void dialed(EngineSession reached, Future<Channel> dialed) {
    if (!dialed.isSuccess()) {
      reached.release();
      if (reached.farewell() != null) {
        again();
      } else if (!left) {
        log.error("engine {} cannot be reached", reached.endpoint().socket(), dialed.cause());
        connection.refuse(unreachable());
      }
      return;
    }
    open(reached, dialed.getNow());
  }

  /** Begins a session on an engine that was reached. */
  void open(EngineSession reached, Channel engine) {
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

  /**
   * The engine's session is there.
   *
   * @param ordinary whether the engine said nothing out of the ordinary
   */
  void ready(boolean ordinary) {
    if (session == null || left) {
      return;
    }
    connection.services().metrics().session(false);
    if (!ordinary) {
      use = Optional.empty();
    }
    relay();
  }

  private void relay() {
    connection.services().metrics().awake(System.nanoTime() - startNanos);
    connection.endDeadline();
    List<ByteBuf> first = List.copyOf(held);
    held.clear();
    new Relay(connection, session(), use, tapped()).begin(first);
  }

  private Optional<TappedMessages> tapped() {
    return connection
        .services()
        .tap()
        .flatMap(tap ->
            TappedMessages.of(
                tap,
                new TappedSession(
                    route.branch(),
                    route.role(),
                    route.database().orElse(target.defaultDatabase()),
                    connection.address(),
                    session().processId())));
  }

  /**
   * The engine ended the session before it was ready, and the client was not told why.
   *
   * @param begun whether the client has heard of the session
   */
  void lost(EngineSession which, boolean begun) {
    if (left) {
      return;
    }
    Refusal farewell = which.farewell();
    if (farewell == null) {
      connection.refuse(unreachable());
    } else if (begun) {
      connection.refuse(farewell);
    } else {
      again();
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
    if (Connection.endsInput(event)) {
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
