package dev.coppice.proxy.session;

import dev.coppice.proxy.session.ProxyMetrics.Outcome;
import dev.coppice.proxy.wire.CancelKey;
import dev.coppice.proxy.wire.FrontendMessages;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.nio.file.Path;
import java.util.Optional;

/** A client's wish that a statement of another connection be cancelled. */
final class Cancellation {

  private final Connection connection;

  Cancellation(Connection connection) {
    this.connection = connection;
  }

  /** Hands the request on; as in Postgres, the client learns nothing but that it is done. */
  void run(CancelKey key) {
    Channel client = connection.client();
    client.config().setAutoRead(false);
    connection.outcome(Outcome.CANCEL_REQUEST);
    Optional<CancelKeys.Session> session = connection.services().cancelKeys().use(key);
    if (session.isEmpty()) {
      client.close();
      return;
    }
    send(
            connection.services().dialer(),
            client.eventLoop(),
            session.get().engineSocket(),
            session.get().engineKey())
        .addListener(_ -> client.close());
  }

  /** Completes when the engine has taken the request, or cannot be reached. */
  static Future<?> send(EngineDialer dialer, EventLoop loop, Path socket, CancelKey key) {
    Promise<Void> done = loop.newPromise();
    dialer
        .dial(loop, socket)
        .addListener((Future<Channel> dialed) -> {
          if (!dialed.isSuccess()) {
            done.setFailure(dialed.cause());
            return;
          }
          Channel engine = dialed.getNow();
          engine.closeFuture().addListener(_ -> done.setSuccess(null));
          ByteBuf request = engine.alloc().buffer();
          FrontendMessages.cancelRequest(request, key);
          engine.writeAndFlush(request);
        });
    return done;
  }
}
