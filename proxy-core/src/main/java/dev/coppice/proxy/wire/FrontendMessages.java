package dev.coppice.proxy.wire;

import io.netty.buffer.ByteBuf;
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

  public static void cancelRequest(ByteBuf out, CancelKey key) {
    out.writeInt(12 + key.secret().remaining())
        .writeInt(CANCEL_REQUEST)
        .writeInt(key.processId())
        .writeBytes(key.secret().duplicate());
  }
}
