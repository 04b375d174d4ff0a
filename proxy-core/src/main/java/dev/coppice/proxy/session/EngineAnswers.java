package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * What an engine answers to the proxy's own statements. If anything comes that is not expected, the
 * session is closed. Confined to its channel's event loop.
 */
abstract class EngineAnswers extends ByteToMessageDecoder {

  private static final int HEADER_BYTES = 5;

  private final String types;
  private final int mostBytes;

  /**
   * @param types of the messages that are expected, a character each
   * @param mostBytes of one of them
   */
  EngineAnswers(String types, int mostBytes) {
    this.types = types;
    this.mostBytes = mostBytes;
  }

  /** Whether an answer is due; what comes otherwise is not expected. */
  abstract boolean awaited();

  /**
   * @param last whether nothing has come behind it
   */
  abstract void message(ChannelHandlerContext ctx, char type, ByteBuf body, boolean last);

  @Override
  protected final void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    if (!ctx.channel().isActive()) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (in.readableBytes() < HEADER_BYTES) {
      return;
    }
    char type = (char) in.getUnsignedByte(in.readerIndex());
    long length = 1L + in.getUnsignedInt(in.readerIndex() + 1);
    if (!awaited() || length < HEADER_BYTES || length > mostBytes || types.indexOf(type) < 0) {
      ctx.close();
      return;
    }
    if (in.readableBytes() < length) {
      return;
    }
    ByteBuf body = in.skipBytes(HEADER_BYTES).readSlice((int) length - HEADER_BYTES);
    message(ctx, type, body, !in.isReadable());
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
