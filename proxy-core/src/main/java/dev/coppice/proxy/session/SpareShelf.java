package dev.coppice.proxy.session;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The spare sessions of one event loop, and which kinds of them are asked for. */
final class SpareShelf {

  private static final int MAX_FOR_ENGINE = 64;
  private static final int MAX_KINDS = 256;

  /** What an engine caches for a session only grows. */
  private static final long MAX_AGE_NANOS = TimeUnit.MINUTES.toNanos(10);

  private static final long UNSUITABLE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /** Of sessions that begin alike. */
  private static final class Kind {
    long lastAskedNanos;
    long unsuitableUntilNanos;
    boolean unsuitable;
    @Nullable String fingerprint;
    @Nullable SessionCheck check;
    final Deque<SpareSession> spares = new ArrayDeque<>();

    boolean canBeChecked() {
      return check != null && check.isAlive();
    }

    void closeSpares() {
      List.copyOf(spares).forEach(spare -> spare.channel().close());
    }

    void close() {
      closeSpares();
      if (check != null) {
        check.close();
      }
    }
  }

  private final SpareSessions all;

  /**
   * How soon the next client must come for a session to be worth keeping, and how long it waits.
   */
  private final long keptMillis;

  private final Map<SessionKey, Kind> kinds = new LinkedHashMap<>();

  SpareShelf(SpareSessions all) {
    this.all = all;
    this.keptMillis = all.keptMillis();
  }

  /** Takes note of a client that wants a session, and tells whether it is one of many. */
  Optional<SessionUse> ask(SessionKey key) {
    if (!key.isOrdinary()) {
      return Optional.empty();
    }
    long now = System.nanoTime();
    Kind kind = kinds.remove(key);
    boolean known = kind != null;
    if (kind == null) {
      kind = new Kind();
      forgetOldest();
    }
    kinds.put(key, kind);
    boolean frequent =
        known && now - kind.lastAskedNanos < TimeUnit.MILLISECONDS.toNanos(keptMillis);
    kind.lastAskedNanos = now;
    if (!frequent || (kind.unsuitable && now - kind.unsuitableUntilNanos < 0)) {
      return Optional.empty();
    }
    return Optional.of(new SessionUse(this, key, Optional.ofNullable(kind.fingerprint)));
  }

  private void forgetOldest() {
    if (kinds.size() >= MAX_KINDS) {
      Iterator<Kind> eldest = kinds.values().iterator();
      eldest.next().close();
      eldest.remove();
    }
  }

  /**
   * Finds a session that is as good as a new one, and is the taker's then. The one that was used
   * last, so that those too many grow old.
   *
   * @param then called at once or later
   */
  void take(SessionKey key, Consumer<Optional<SpareSession>> then) {
    Kind kind = kinds.get(key);
    if (kind == null || kind.check == null || kind.spares.isEmpty()) {
      makeRoom(key.engine());
      then.accept(Optional.empty());
      return;
    }
    SpareSession spare = kind.spares.removeLast();
    kind.check.ask(found -> {
      boolean good =
          spare.channel().isActive()
              && found.isPresent()
              && found.get().equals(spare.fingerprint())
              && all.disown(spare.channel());
      if (good) {
        spare.channel().pipeline().remove(Waiting.class);
      } else {
        spare.channel().close();
      }
      then.accept(good ? Optional.of(spare) : Optional.empty());
    });
  }

  /** An engine's sessions are limited, and another one is about to begin. */
  private void makeRoom(Object engine) {
    for (Map.Entry<SessionKey, Kind> entry : kinds.entrySet()) {
      if (entry.getKey().engine().equals(engine) && !entry.getValue().spares.isEmpty()) {
        entry.getValue().spares.removeFirst().channel().close();
        return;
      }
    }
  }

  /** Cleans a session that its client has left, and keeps it if it is as good as a new one. */
  void giveBack(SessionUse use, Channel channel, SessionStart start) {
    if (!all.own(channel, use.key().engine())) {
      channel.close();
      return;
    }
    SessionCleaning.run(channel, () -> cleaned(use, channel, start));
  }

  private void cleaned(SessionUse use, Channel channel, SessionStart start) {
    Kind kind = kinds.get(use.key());
    if (kind == null) {
      channel.close();
    } else if (!kind.canBeChecked()) {
      kind.check = SessionCheck.on(channel, keptMillis, () -> all.clear(use.key().engine()));
      channel.closeFuture().addListener(_ -> kind.closeSpares());
      kind.check.ask(found -> note(kind, found));
    } else if (use.verified()) {
      use.fingerprint()
          .ifPresent(known -> keep(new SpareSession(use.key(), channel, start, known)));
    } else if (kind.check != null) {
      kind.check.ask(found -> {
        note(kind, found);
        if (found.isPresent() && found.equals(use.fingerprint())) {
          keep(new SpareSession(use.key(), channel, start, found.get()));
        } else {
          channel.close();
        }
      });
    }
  }

  private static void note(Kind kind, Optional<String> fingerprint) {
    kind.fingerprint = fingerprint.orElse(null);
    kind.unsuitable = fingerprint.isEmpty() && kind.canBeChecked();
    kind.unsuitableUntilNanos = System.nanoTime() + UNSUITABLE_NANOS;
    if (kind.unsuitable && kind.check != null) {
      kind.check.close();
    }
  }

  private void keep(SpareSession spare) {
    Kind kind = kinds.get(spare.key());
    if (kind == null
        || kind.check == null
        || !kind.check.isAlive()
        || !spare.channel().isActive()
        || System.nanoTime() - spare.start().nanos() > MAX_AGE_NANOS
        || spares(spare.key().engine()) >= MAX_FOR_ENGINE) {
      spare.channel().close();
      return;
    }
    kind.check.stay();
    kind.spares.addLast(spare);
    spare.channel().pipeline().addLast(new Waiting(spare, kind.spares, keptMillis));
  }

  private int spares(Object engine) {
    int count = 0;
    for (Map.Entry<SessionKey, Kind> entry : kinds.entrySet()) {
      if (entry.getKey().engine().equals(engine)) {
        count += entry.getValue().spares.size();
      }
    }
    return count;
  }

  /** Whatever an engine says unasked, it ends the waiting. */
  private static final class Waiting extends ChannelInboundHandlerAdapter {

    private final SpareSession spare;
    private final Deque<SpareSession> spares;
    private final ScheduledFuture<?> ending;

    Waiting(SpareSession spare, Deque<SpareSession> spares, long millis) {
      Channel channel = spare.channel();
      this.spare = spare;
      this.spares = spares;
      this.ending =
          channel.eventLoop().schedule(() -> channel.close(), millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
      ctx.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
      ending.cancel(false);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      ending.cancel(false);
      spares.remove(spare);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
