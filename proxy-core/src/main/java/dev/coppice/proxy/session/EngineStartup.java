package dev.coppice.proxy.session;

import dev.coppice.proxy.wire.CancelKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what an engine says from the startup message to its first ReadyForQuery. All of it goes to
 * the client as it is, except for the engine's AuthenticationOk and cancel key: the client has the
 * one and gets the other from the proxy.
 */
final class EngineStartup extends ByteToMessageDecoder {

  private static final Logger log = LoggerFactory.getLogger(EngineStartup.class);

  private static final int HEADER_BYTES = 5;
  private static final int MAX_MESSAGE_BYTES = 1 << 20;
  private static final int AUTHENTICATION_OK = 0;

  private final Connection connection;
  private final EngineSession session;
  private final WakeUp wakeUp;
  private final ByteArrayOutputStream greeting = new ByteArrayOutputStream();
  private boolean ordinary = true;
  private boolean begun;
  private boolean refused;

  /** Whether another session may begin where this one could not. */
  private boolean notNow;

  private boolean ready;

  /** What could not be read once must not be tried again when the channel closes. */
  private boolean broken;

  EngineStartup(Connection connection, EngineSession session, WakeUp wakeUp) {
    this.connection = connection;
    this.session = session;
    this.wakeUp = wakeUp;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (broken) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (in.readableBytes() < HEADER_BYTES) {
      return;
    }
    int start = in.readerIndex();
    long length = 1L + in.getInt(start + 1);
    if (length < HEADER_BYTES || length > MAX_MESSAGE_BYTES) {
      throw new IllegalStateException("the engine sent a message of " + length + " bytes");
    }
    if (in.readableBytes() < length) {
      return;
    }
    ByteBuf message = in.readRetainedSlice((int) length);
    int type = message.getUnsignedByte(0);
    if (type == 'R' || type == 'K') {
      try {
        keep(type, message);
      } finally {
        message.release();
      }
      return;
    }
    if (type == 'E' && !begun && mayBeginLater(message)) {
      message.release();
      notNow = true;
      return;
    }
    if (type == 'S') {
      ordinary &= !begun;
      greeting.writeBytes(ByteBufUtil.getBytes(message));
    } else {
      ordinary &= type == 'Z';
    }
    connection.client().write(message);
    if (type == 'E') {
      refused = true;
    } else if (type == 'Z') {
      ready = true;
      wakeUp.ready(ordinary);
      ctx.pipeline().remove(this);
    }
  }

  private void keep(int type, ByteBuf message) {
    if (type == 'R') {
      expectOk(message);
    } else {
      begun = true;
      wakeUp.begun(
          session, new SessionStart(key(message), greeting.toByteArray(), System.nanoTime()));
    }
  }

  private boolean mayBeginLater(ByteBuf error) {
    return switch (sqlState(error)) {
      // It starts or stops.
      case "57P01", "57P02", "57P03" -> true;
      // It, the database or the role has as many sessions as it may have.
      case "53300" -> wakeUp.makeRoom(session);
      default -> false;
    };
  }

  private static String sqlState(ByteBuf error) {
    int at = HEADER_BYTES;
    while (at < error.writerIndex() && error.getByte(at) != 0) {
      int end = error.indexOf(at, error.writerIndex(), (byte) 0);
      if (error.getByte(at) == 'C') {
        return error.toString(at + 1, Math.max(0, end - at - 1), StandardCharsets.US_ASCII);
      }
      if (end < 0) {
        break;
      }
      at = end + 1;
    }
    return "";
  }

  private static void expectOk(ByteBuf message) {
    int method = message.readableBytes() < 9 ? -1 : message.getInt(HEADER_BYTES);
    if (method != AUTHENTICATION_OK) {
      throw new IllegalStateException("the engine asks for authentication, method " + method);
    }
  }

  private static CancelKey key(ByteBuf message) {
    int secretBytes = message.readableBytes() - HEADER_BYTES - 4;
    if (secretBytes < 1 || secretBytes > CancelKey.MAX_SECRET_BYTES) {
      throw new IllegalStateException("the engine sent a cancel key of " + secretBytes + " bytes");
    }
    return new CancelKey(
        message.getInt(HEADER_BYTES), message.nioBuffer(HEADER_BYTES + 4, secretBytes));
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) throws Exception {
    super.channelInactive(ctx);
    if (ready) {
      return;
    }
    if (notNow) {
      wakeUp.again();
    } else if (refused) {
      connection.dismissRefused("engine_refused");
    } else {
      wakeUp.lost(session, begun);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    broken = true;
    if (cause instanceof IOException) {
      log.debug("no session on {}: {}", session.endpoint().socket(), cause.toString());
    } else {
      log.error("no session on {}", session.endpoint().socket(), cause);
    }
    ctx.close();
  }
}
