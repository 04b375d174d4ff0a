package dev.coppice.proxy.session;

import dev.coppice.proxy.BranchRequest;
import dev.coppice.proxy.BranchTarget;
import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import dev.coppice.proxy.route.Route;
import dev.coppice.proxy.scram.ScramExchange;
import dev.coppice.proxy.scram.ScramSecret;
import dev.coppice.proxy.wire.BackendMessages;
import dev.coppice.proxy.wire.PasswordMessage;
import dev.coppice.proxy.wire.WireErrors;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The second stage: finds the branch and lets the client prove that it knows the password. */
final class Authentication extends SimpleChannelInboundHandler<PasswordMessage> {

  private enum State {
    RESOLVING,
    MECHANISM,
    PROOF,
    DONE
  }

  private final Connection connection;
  private final Route route;
  private final boolean encrypted;
  private State state = State.RESOLVING;
  private @Nullable BranchTarget target;
  private @Nullable ScramExchange exchange;

  Authentication(Connection connection, Route route, boolean encrypted) {
    this.connection = connection;
    this.route = route;
    this.encrypted = encrypted;
  }

  void begin() {
    connection
        .services()
        .resolver()
        .resolve(new BranchRequest(route.branch(), route.role(), connection.address()))
        .whenComplete((found, failure) -> connection.run(() -> resolved(found, failure)));
  }

  private void resolved(@Nullable BranchTarget found, @Nullable Throwable failure) {
    if (connection.isOver()) {
      return;
    }
    try {
      target = found;
      exchange = new ScramExchange(secret(found, failure), bindingHash());
      state = State.MECHANISM;
      ByteBuf request = connection.client().alloc().buffer();
      BackendMessages.authenticationSasl(request, exchange.mechanisms());
      connection.client().writeAndFlush(request);
    } catch (RuntimeException e) {
      connection.fail(e);
    }
  }

  private ScramSecret secret(@Nullable BranchTarget found, @Nullable Throwable failure) {
    if (found != null) {
      return ScramSecret.parse(found.verifier().encoded());
    }
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof RefusedException refused) {
      if (LoginSecrets.hides(refused.refusal())) {
        return connection.services().secrets().decoy(route.branch(), route.role());
      }
      throw refused;
    }
    throw new IllegalStateException("branch \"" + route.branch() + "\" was not resolved", cause);
  }

  private Optional<byte[]> bindingHash() {
    return encrypted ? connection.tls().bindingHash() : Optional.empty();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, PasswordMessage message) {
    switch (state) {
      case RESOLVING, DONE ->
          throw WireErrors.violation("an answer to authentication came unasked");
      case MECHANISM -> chooseMechanism(ctx, Unpooled.wrappedBuffer(message.body()));
      case PROOF -> checkProof(ctx, message.body());
    }
  }

  private void chooseMechanism(ChannelHandlerContext ctx, ByteBuf body) {
    int nameBytes = body.bytesBefore((byte) 0);
    if (nameBytes < 0 || body.readableBytes() < nameBytes + 5) {
      throw WireErrors.violation("a SASL initial response is too short");
    }
    String mechanism = body.readCharSequence(nameBytes, StandardCharsets.ISO_8859_1).toString();
    body.skipBytes(1);
    int length = body.readInt();
    if (length != body.readableBytes()) {
      throw WireErrors.violation("a SASL initial response has the wrong length");
    }
    byte[] clientFirst = new byte[length];
    body.readBytes(clientFirst);
    ByteBuf reply = ctx.alloc().buffer();
    try {
      BackendMessages.authenticationSaslContinue(
          reply, exchange().challenge(mechanism, clientFirst));
    } catch (RuntimeException e) {
      reply.release();
      throw e;
    }
    state = State.PROOF;
    ctx.writeAndFlush(reply);
  }

  private void checkProof(ChannelHandlerContext ctx, byte[] clientFinal) {
    state = State.DONE;
    FailedLogins logins = connection.services().failedLogins();
    // Others may have failed since this one began.
    logins.requireFew(route.branch(), connection.address());
    Optional<String> serverFinal = exchange().finish(clientFinal);
    if (serverFinal.isEmpty() || target == null) {
      refuseAfter(logins.failed(route.branch(), connection.address()));
      return;
    }
    logins.succeeded(route.branch(), connection.address());
    connection.authenticated();
    ByteBuf welcome = ctx.alloc().buffer();
    BackendMessages.authenticationSaslFinal(welcome, serverFinal.get());
    BackendMessages.authenticationOk(welcome);
    ctx.write(welcome);
    WakeUp next = new WakeUp(connection, route, target);
    connection.enter(next);
    next.begin();
  }

  private void refuseAfter(long millis) {
    Refusal wrong = LoginSecrets.wrongPassword(route.role(), route.branch());
    if (millis == 0) {
      connection.refuse(wrong);
    } else {
      var _ =
          connection
              .client()
              .eventLoop()
              .schedule(() -> connection.refuse(wrong), millis, TimeUnit.MILLISECONDS);
    }
  }

  private ScramExchange exchange() {
    if (exchange == null) {
      throw new IllegalStateException("no exchange has begun");
    }
    return exchange;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (Connection.endsInput(event)) {
      ctx.close();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    connection.fail(cause);
  }
}
