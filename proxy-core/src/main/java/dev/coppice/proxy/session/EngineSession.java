package dev.coppice.proxy.session;

import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.wire.CancelKey;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's side of one client's session: the way to it, the channel, and the keys that cancel
 * its statements. Confined to the client's event loop, but for what says otherwise.
 */
final class EngineSession {

  private static final Logger log = LoggerFactory.getLogger(EngineSession.class);

  private static final long CLOSE_MILLIS = 1_000;

  private final ProxyServices services;
  private final EngineEndpoint endpoint;
  private final ChannelFutureListener releasing = _ -> release();
  private volatile @Nullable Channel channel;
  private volatile @Nullable Refusal farewell;
  private volatile @Nullable Runnable onEnding;
  private @Nullable SessionStart start;
  private @Nullable CancelKey clientKey;
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

  EngineSession(ProxyServices services, EngineEndpoint endpoint) {
    this.services = services;
    this.endpoint = endpoint;
    services.sessions().add(this);
    endpoint.ending().thenAccept(this::end);
  }

  private void end(Refusal why) {
    farewell = why;
    Runnable then = onEnding;
    if (then != null) {
      then.run();
    }
  }

  /** What to tell the client in the engine's place, once it is about to be stopped. Any thread. */
  @Nullable Refusal farewell() {
    return farewell;
  }

  /** Called at once or later, on any thread, when there is a farewell. */
  void onEnding(Runnable then) {
    onEnding = then;
    if (farewell != null) {
      then.run();
    }
  }

  EngineEndpoint endpoint() {
    return endpoint;
  }

  /** Completes when the way to the engine was given back. */
  CompletableFuture<@Nullable Void> ended() {
    return ended;
  }

  /** From now on the session lasts as long as the channel. */
  void opened(Channel engine) {
    channel = engine;
    engine.closeFuture().addListener(releasing);
  }

  Channel channel() {
    if (channel == null) {
      throw new IllegalStateException("the engine was not reached yet");
    }
    return channel;
  }

  /**
   * Returns the key with which the session's client can cancel statements, and which is nobody
   * else's before or after.
   */
  CancelKey begun(SessionStart how, int secretBytes) {
    start = how;
    CancelKey key = services.cancelKeys().issue(how.cancelKey(), endpoint.socket(), secretBytes);
    clientKey = key;
    return key;
  }

  /** As {@code pg_backend_pid()} tells it; 0 if the engine never said. */
  int processId() {
    return start == null ? 0 : start.cancelKey().processId();
  }

  /** Asks the engine to stop what it is doing; the session stays. */
  void cancel() {
    if (start != null) {
      Cancellation.send(
          services.dialer(), channel().eventLoop(), endpoint.socket(), start.cancelKey());
    }
  }

  /** Ends the session even if a statement is running. */
  void kill() {
    Channel engine = channel();
    if (!engine.isActive()) {
      return;
    }
    if (start == null) {
      engine.close();
      return;
    }
    Cancellation.send(services.dialer(), engine.eventLoop(), endpoint.socket(), start.cancelKey())
        .addListener(_ -> engine.close());
  }

  /** Gives the session to whom a next client might get it from, if nothing stands against that. */
  void leaveTo(SessionUse use) {
    Channel engine = channel();
    boolean cancelled = clientKey == null || services.cancelKeys().withdraw(clientKey);
    engine.closeFuture().removeListener(releasing);
    channel = null;
    release();
    if (cancelled || start == null) {
      engine.close();
    } else {
      use.shelf().giveBack(use, engine, start);
    }
  }

  /** Ends the session at once, whatever the engine is doing. Any thread. */
  void close() {
    Channel engine = channel;
    if (engine != null) {
      engine.close().awaitUninterruptibly(CLOSE_MILLIS);
    }
  }

  /** When the event loop runs no more, any thread. */
  void release() {
    if (ended.isDone()) {
      return;
    }
    if (clientKey != null) {
      services.cancelKeys().withdraw(clientKey);
    }
    try {
      endpoint.close();
    } catch (RuntimeException e) {
      log.error("the end of a session on {} could not be told", endpoint.socket(), e);
    } finally {
      ended.complete(null);
    }
  }
}
