package dev.coppice.proxy.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Writes the messages that the proxy itself sends to engines. */
public final class FrontendMessages {

  private static final int CANCEL_REQUEST = 1234 << 16 | 5678;

  private FrontendMessages() {}

  /** StartupMessage of protocol 3.0; names and values as bytes, one character for each. */
  public static void startup(ByteBuf out, Map<String, String> parameters) {
    int start = out.writerIndex();
    out.writeInt(0).writeInt(StartupPacket.PROTOCOL_3_0);
    parameters.forEach((name, value) -> {
      out.writeCharSequence(name, StandardCharsets.ISO_8859_1);
      out.writeByte(0);
      out.writeCharSequence(value, StandardCharsets.ISO_8859_1);
      out.writeByte(0);
    });
    out.writeByte(0);
    out.setInt(start, out.writerIndex() - start);
  }

  /** Query of the simple protocol. */
  public static void query(ByteBuf out, String sql) {
    int length = ByteBufUtil.utf8Bytes(sql);
    out.writeByte('Q').writeInt(4 + length + 1);
    ByteBufUtil.writeUtf8(out, sql);
    out.writeByte(0);
  }

  /** Parse of a statement without parameters. */
  public static void parse(ByteBuf out, String statement, String sql) {
    int start = out.writerIndex();
    out.writeByte('P').writeInt(0);
    text(out, statement);
    text(out, sql);
    out.writeShort(0);
    out.setInt(start + 1, out.writerIndex() - start - 1);
  }

  /** Bind and Execute of a statement without parameters, through the unnamed portal. */
  public static void execute(ByteBuf out, String statement) {
    int start = out.writerIndex();
    out.writeByte('B').writeInt(0);
    text(out, "");
    text(out, statement);
    out.writeShort(0).writeShort(0).writeShort(0);
    out.setInt(start + 1, out.writerIndex() - start - 1);
    out.writeByte('E').writeInt(9);
    text(out, "");
    out.writeInt(0);
  }

  public static void sync(ByteBuf out) {
    out.writeByte('S').writeInt(4);
  }

  private static void text(ByteBuf out, String value) {
    ByteBufUtil.writeUtf8(out, value);
    out.writeByte(0);
  }

  public static void cancelRequest(ByteBuf out, CancelKey key) {
    out.writeInt(12 + key.secret().remaining())
        .writeInt(CANCEL_REQUEST)
        .writeInt(key.processId())
        .writeBytes(key.secret().duplicate());
  }
}
