package dev.coppice.proxy.wire;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/** Reads a client's messages while it is being authenticated; only type 'p' is allowed. */
public final class PasswordDecoder extends ByteToMessageDecoder {

  /** SCRAM's messages stay well below; Postgres's limit is 65535 for GSS tokens. */
  public static final int MAX_BODY_BYTES = 4096;

  private static final int HEADER_BYTES = 5;

  private boolean failed;

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (failed) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (in.readableBytes() < HEADER_BYTES) {
      return;
    }
    int start = in.readerIndex();
    int type = in.getUnsignedByte(start);
    long bodyBytes = in.getInt(start + 1) - 4L;
    if (type != 'p') {
      failed = true;
      throw WireErrors.violation("expected an answer to authentication, got message type " + type);
    }
    if (bodyBytes < 0 || bodyBytes > MAX_BODY_BYTES) {
      failed = true;
      throw WireErrors.violation(
          "an authentication message of %d bytes cannot be read: its limit is %d"
              .formatted(bodyBytes, MAX_BODY_BYTES));
    }
    if (in.readableBytes() < HEADER_BYTES + bodyBytes) {
      return;
    }
    byte[] body = new byte[(int) bodyBytes];
    in.skipBytes(HEADER_BYTES).readBytes(body);
    out.add(new PasswordMessage(body));
  }
}
