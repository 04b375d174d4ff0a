package dev.coppice.proxy.session;

import dev.coppice.proxy.IdleLimits;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.session.ProxyMetrics.Outcome;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last stage: carries bytes between client and engine as they are. Both channels are driven by
 * one event loop. A side that is not read fast enough stops the reading of the other.
 */
final class Relay {

  private static final Logger log = LoggerFactory.getLogger(Relay.class);

  /** For answers to what a client sent before it closed its half; it cannot be told from gone. */
  private static final long HALF_CLOSED_MILLIS = 10_000;

  /** For an engine to notice by itself that its client is gone. */
  private static final long GONE_MILLIS = 250;

  /** For an engine that is being stopped to say so. */
  private static final long ENDING_MILLIS = 5_000;

  private static final String ENGINE_SIDE = "relay";

  private static final int LONG_READ_BYTES = 4096;

  /** So many long reads, about a megabyte, make an answer a stream. */
  private static final int STREAM_READS = 128;

  private static final int HEADER_BYTES = 5;
  private static final int TERMINATE_BYTES = 5;

  private final Connection connection;
  private final EngineSession session;
  private final Optional<SessionUse> use;
  private final ProxyMetrics metrics;
  private final Channel client;
  private final Channel engine;
  private boolean betweenMessages = true;

  /** How often the engine was read in a row, much each time, in one answer. */
  private int longReads;

  private boolean engineInputClosed;
  private boolean left;

  /** Whether the client was told that its session ends; nothing may come behind that. */
  private boolean told;

  private @Nullable Refusal parting;
  private @Nullable SessionWatch watch;
  private final @Nullable Idleness idleness;
  private final @Nullable TappedMessages tapped;
  private @Nullable ScheduledFuture<?> killing;

  /**
   * @param use present if the session could serve another client after this one
   * @param tapped present if somebody wants to see what passes
   */
  Relay(
      Connection connection,
      EngineSession session,
      Optional<SessionUse> use,
      Optional<TappedMessages> tapped) {
    this.connection = connection;
    this.session = session;
    this.use = use;
    this.watch = use.map(SessionUse::watch).orElse(null);
    this.metrics = connection.services().metrics();
    this.client = connection.client();
    this.engine = session.channel();
    IdleLimits limits = connection.services().config().limits().idle();
    this.idleness =
        limits.isNone() ? null : new Idleness(limits, client.eventLoop(), this::endIdle);
    this.tapped = tapped.orElse(null);
  }

  /**
   * @param held what the client has sent already
   */
  void begin(List<ByteBuf> held) {
    connection.outcome(Outcome.SERVED);
    connection.onTerminate(this::terminate);
    if (tapped != null) {
      client.closeFuture().addListener(_ -> tapped.ended());
    }
    session.onEnding(() -> connection.run(this::ending));
    if (idleness != null) {
      idleness.begin();
    }
    engine.pipeline().addLast(ENGINE_SIDE, new EngineSide());
    ClientSide clientSide = new ClientSide();
    connection.enter(clientSide);
    client.flush();
    held.forEach(clientSide::forward);
    if (!left) {
      engine.flush();
      client.config().setAutoRead(engine.isWritable());
      engine.config().setAutoRead(client.isWritable());
      if (client.pipeline().get(SslHandler.class) == null) {
        RelayEpoll.ofThread().ifPresent(epoll -> shorten(epoll, clientSide));
      }
    }
  }

  private void shorten(RelayEpoll epoll, ClientSide clientSide) {
    epoll.connect(client, engine, clientSide);
    epoll.connect(engine, client, (EngineSide) engine.pipeline().get(ENGINE_SIDE));
  }

  /**
   * Says why where a message may begin; elsewhere the client would misread it, so the engine is
   * asked to come to an end first.
   */
  private void terminate(Refusal why) {
    if (betweenMessages) {
      part(why);
    } else {
      parting = why;
      session.cancel();
    }
  }

  private void endIdle(Refusal why) {
    if (!connection.isOver()) {
      part(why);
    }
  }

  private void part(Refusal why) {
    told = true;
    metrics.ended(why.kind());
    connection.tell(why);
    connection.dismiss();
    clientEnded(GONE_MILLIS);
  }

  /** The engine is about to be stopped. */
  private void ending() {
    Refusal why = session.farewell();
    if (why == null || connection.isOver()) {
      return;
    }
    if (betweenMessages) {
      part(why);
    } else {
      // For a client that does not read, and so never sees the end of what the engine said.
      var _ =
          client.eventLoop().schedule(() -> client.close(), ENDING_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** Lets the engine read to the end and leave by itself; makes it leave after a while. */
  private void clientEnded(long graceMillis) {
    if (idleness != null) {
      idleness.end();
    }
    if (left || !engine.isActive()) {
      return;
    }
    if (!engineInputClosed) {
      engineInputClosed = true;
      engine
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(_ -> ((DuplexChannel) engine).shutdownOutput());
      engine.closeFuture().addListener(_ -> cancelKilling());
    }
    cancelKilling();
    killing = engine.eventLoop().schedule(session::kill, graceMillis, TimeUnit.MILLISECONDS);
  }

  private void cancelKilling() {
    if (killing != null) {
      killing.cancel(false);
    }
  }

  /** Sees the client off, and leaves the engine's session to the next one. */
  private void leave(SessionUse toOthers) {
    left = true;
    if (idleness != null) {
      idleness.end();
    }
    cancelKilling();
    RelayEpoll.ofThread().ifPresent(epoll -> epoll.disconnect(engine));
    engine.pipeline().remove(ENGINE_SIDE);
    session.leaveTo(toOthers);
    connection.part();
  }

  private final class ClientSide extends ChannelInboundHandlerAdapter implements FastPath.Gate {

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      forward((ByteBuf) message);
      if (!left && !engine.isWritable()) {
        client.config().setAutoRead(false);
      }
    }

    void forward(ByteBuf bytes) {
      if (!left && pass(bytes)) {
        engine.write(bytes, engine.voidPromise());
      } else {
        bytes.release();
      }
    }

    @Override
    public boolean isOpen() {
      return !left && !engineInputClosed && !connection.isOver();
    }

    @Override
    public boolean pass(ByteBuf bytes) {
      metrics.in(bytes.readableBytes());
      longReads = 0;
      if (DatabaseCommand.mayBegin(bytes)) {
        connection.services().spares().clear(session.endpoint().engine());
      }
      if (idleness != null) {
        idleness.client(bytes);
      }
      if (tapped != null) {
        tapped.client(bytes);
      }
      boolean ends = watch != null && watch.client(bytes);
      if (ends && use.isPresent() && bytes.readableBytes() == TERMINATE_BYTES && isReusable()) {
        leave(use.get());
        return false;
      }
      if (watch != null && watch.isOver()) {
        watch = null;
      }
      return true;
    }

    @Override
    public boolean isStreaming() {
      return false;
    }

    private boolean isReusable() {
      return watch != null && watch.isReusable() && !engineInputClosed && engine.isActive();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      if (!left) {
        engine.flush();
      }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (!left) {
        engine.config().setAutoRead(client.isWritable());
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (Connection.endsInput(event)) {
        clientEnded(HALF_CLOSED_MILLIS);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!left) {
        engine.config().setAutoRead(true);
        clientEnded(GONE_MILLIS);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      note(cause, "client");
      ctx.close();
    }
  }

  private final class EngineSide extends ChannelInboundHandlerAdapter implements FastPath.Gate {

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      if (told) {
        bytes.release();
        return;
      }
      Refusal why = session.farewell();
      if (why != null && endsWithFarewell(bytes)) {
        client.write(bytes, client.voidPromise());
        part(why);
        return;
      }
      pass(bytes);
      client.write(message, client.voidPromise());
      if (!client.isWritable() && client.isActive()) {
        engine.config().setAutoRead(false);
      }
      if (parting != null && betweenMessages) {
        part(parting);
      }
    }

    @Override
    public boolean isOpen() {
      return !left
          && !told
          && parting == null
          && session.farewell() == null
          && !connection.isOver();
    }

    @Override
    public boolean pass(ByteBuf bytes) {
      metrics.out(bytes.readableBytes());
      betweenMessages = endsWithReadyForQuery(bytes) || (betweenMessages && endsWithCopyIn(bytes));
      longReads = bytes.readableBytes() < LONG_READ_BYTES ? 0 : longReads + 1;
      if (watch != null) {
        watch.engine(bytes);
      }
      if (idleness != null) {
        idleness.engine(bytes);
      }
      if (tapped != null) {
        tapped.engine(bytes);
      }
      return true;
    }

    /** Where the engine says much that the client has not asked for bit by bit. */
    @Override
    public boolean isStreaming() {
      return longReads > STREAM_READS && !betweenMessages;
    }

    /** What is left is what the engine said before it. */
    private static boolean endsWithFarewell(ByteBuf bytes) {
      int start = Farewell.start(bytes);
      if (start >= 0) {
        bytes.writerIndex(start);
      }
      return start >= 0;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      client.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      client.config().setAutoRead(engine.isWritable());
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      ending();
      connection.dismiss();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      note(cause, "engine");
      ctx.close();
    }
  }

  private static boolean endsWithReadyForQuery(ByteBuf bytes) {
    int end = bytes.writerIndex();
    return bytes.readableBytes() >= 6
        && bytes.getByte(end - 6) == 'Z'
        && bytes.getInt(end - 5) == 5;
  }

  /**
   * Whether the engine now reads what is to be copied: it does not hear of cancel requests
   * meanwhile, and may fail at any time.
   *
   * @param bytes that begin with a message
   */
  private static boolean endsWithCopyIn(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (end - at > HEADER_BYTES) {
      long next = 1L + at + bytes.getUnsignedInt(at + 1);
      if (next >= end || next <= at) {
        return next == end && bytes.getByte(at) == 'G';
      }
      at = (int) next;
    }
    return false;
  }

  private void note(Throwable cause, String side) {
    if (cause instanceof IOException || cause instanceof UncheckedIOException) {
      log.debug("the {}'s side of a session of {} is lost: {}", side, client, cause.toString());
    } else {
      log.error("a session of {} failed on the {}'s side", client, side, cause);
    }
  }
}
