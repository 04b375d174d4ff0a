package dev.coppice.proxy.session;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sessions for clients that come and go: what takes an engine milliseconds, to begin a session,
 * need not be done again for a client that wants just such a one. A shelf for each event loop,
 * since a session's channel stays with its loop.
 */
final class SpareSessions {

  private final Map<EventLoop, SpareShelf> shelves = new ConcurrentHashMap<>();

  /** Each channel and the engine it leads to. */
  private final Map<Channel, Object> open = new ConcurrentHashMap<>();

  private final ChannelFutureListener forgetting = closed -> forget(closed.channel());
  private final Duration kept;
  private volatile boolean closed;

  /**
   * @param kept how long each waits for a client
   */
  SpareSessions(Duration kept) {
    this.kept = kept;
  }

  long keptMillis() {
    return kept.toMillis();
  }

  /** To be used on that loop only. */
  SpareShelf on(EventLoop loop) {
    return shelves.computeIfAbsent(loop, _ -> new SpareShelf(this));
  }

  /** Takes a channel that no client's session owns; false if it must be closed instead. */
  boolean own(Channel channel, Object engine) {
    open.put(channel, engine);
    channel.closeFuture().addListener(forgetting);
    return !closed;
  }

  /**
   * A client's session owns it from now on, and nobody here ends it any more.
   *
   * @return false if that has begun already
   */
  boolean disown(Channel channel) {
    channel.closeFuture().removeListener(forgetting);
    return forget(channel);
  }

  private boolean forget(Channel channel) {
    return open.remove(channel) != null;
  }

  int size() {
    return open.size();
  }

  /**
   * Ends what waits for clients of an engine, since something needs the room or the database alone.
   * Any thread; does not wait.
   *
   * @return whether there was anything
   */
  boolean clear(Object engine) {
    boolean any = false;
    for (Map.Entry<Channel, Object> entry : open.entrySet()) {
      Channel channel = entry.getKey();
      if (entry.getValue().equals(engine) && forget(channel)) {
        channel.close();
        any = true;
      }
    }
    return any;
  }

  /** Any thread. */
  void close() {
    closed = true;
    open.keySet().forEach(channel -> channel.close().awaitUninterruptibly());
  }
}
