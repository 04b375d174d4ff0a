package dev.coppice.proxy.session;

import dev.coppice.proxy.EngineEndpoint;
import dev.coppice.proxy.wire.CancelKey;
import io.netty.channel.Channel;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's side of one client's session: the way to it, the channel, and the key that cancels
 * its statements. Confined to the client's event loop.
 */
final class EngineSession {

  private static final Logger log = LoggerFactory.getLogger(EngineSession.class);

  private static final long CLOSE_MILLIS = 1_000;

  private final ProxyServices services;
  private final EngineEndpoint endpoint;
  private volatile @Nullable Channel channel;
  private @Nullable CancelKey key;
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

  EngineSession(ProxyServices services, EngineEndpoint endpoint) {
    this.services = services;
    this.endpoint = endpoint;
    services.sessions().add(this);
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
    engine.closeFuture().addListener(_ -> release());
  }

  Channel channel() {
    if (channel == null) {
      throw new IllegalStateException("the engine was not reached yet");
    }
    return channel;
  }

  void cancelledBy(CancelKey cancelKey) {
    key = cancelKey;
    services.cancelKeys().add(cancelKey, endpoint.socket());
  }

  /** Ends the session even if a statement is running. */
  void kill() {
    Channel engine = channel();
    if (!engine.isActive()) {
      return;
    }
    if (key == null) {
      engine.close();
      return;
    }
    Cancellation.send(services.dialer(), engine.eventLoop(), endpoint.socket(), key)
        .addListener(_ -> engine.close());
  }

  /** Ends the session at once, whatever the engine is doing. Any thread. */
  void close() {
    Channel engine = channel;
    if (engine != null) {
      engine.close().awaitUninterruptibly(CLOSE_MILLIS);
    }
  }

  void release() {
    if (ended.isDone()) {
      return;
    }
    if (key != null) {
      services.cancelKeys().remove(key, endpoint.socket());
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
