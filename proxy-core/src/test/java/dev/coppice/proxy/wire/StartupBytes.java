package dev.coppice.proxy.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/** Startup packets as clients write them. */
public final class StartupBytes {

  private StartupBytes() {}

  public static byte[] message(int version, String... namesAndValues) {
    ByteBuf out = Unpooled.buffer().writeInt(0).writeInt(version);
    for (String text : namesAndValues) {
      out.writeBytes(text.getBytes(StandardCharsets.UTF_8)).writeByte(0);
    }
    out.writeByte(0);
    out.setInt(0, out.readableBytes());
    return bytes(out);
  }

  public static byte[] request(int code) {
    return bytes(Unpooled.buffer().writeInt(8).writeShort(1234).writeShort(code));
  }

  public static byte[] cancel(int processId, byte[] secret) {
    return bytes(
        Unpooled.buffer()
            .writeInt(12 + secret.length)
            .writeShort(1234)
            .writeShort(5678)
            .writeInt(processId)
            .writeBytes(secret));
  }

  public static byte[] bytes(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.readBytes(bytes);
    buffer.release();
    return bytes;
  }
}
