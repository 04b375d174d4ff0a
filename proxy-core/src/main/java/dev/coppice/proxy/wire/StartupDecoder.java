package dev.coppice.proxy.wire;

import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the packets with which a connection begins. They carry no type byte, only a length and a
 * code. After a StartupMessage or CancelRequest nothing more is read; what a client sends behind
 * them stays in the buffer until this handler is removed.
 */
public final class StartupDecoder extends ByteToMessageDecoder {

  /** Postgres's MAX_STARTUP_PACKET_LENGTH. */
  public static final int MAX_PACKET_BYTES = 10_000;

  private static final int SPECIAL_MAJOR = 1234;
  private static final int CANCEL_MINOR = 5678;
  private static final int TLS_MINOR = 5679;
  private static final int GSS_MINOR = 5680;

  /** Names that begin so are about the protocol. */
  private static final String PROTOCOL_OPTION = "_pq_.";

  private enum State {
    LENGTH,
    BODY,
    DONE,
    FAILED
  }

  private State state = State.LENGTH;
  private int bodyBytes;

  /** Whether the client sent more than the packets already delivered. */
  public boolean hasBufferedBytes() {
    return actualReadableBytes() > 0;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    switch (state) {
      case LENGTH -> readLength(in);
      case BODY -> readBody(in, out);
      case DONE -> {}
      case FAILED -> in.skipBytes(in.readableBytes());
    }
  }

  private void readLength(ByteBuf in) {
    if (in.readableBytes() < 4) {
      return;
    }
    int length = in.readInt();
    if (length < 8 || length > MAX_PACKET_BYTES) {
      throw fail(
          "a startup packet of %s bytes cannot be read: its length must be 8 to %d"
              .formatted(Integer.toUnsignedString(length), MAX_PACKET_BYTES));
    }
    bodyBytes = length - 4;
    state = State.BODY;
  }

  private void readBody(ByteBuf in, List<Object> out) {
    if (in.readableBytes() < bodyBytes) {
      return;
    }
    int end = in.readerIndex() + bodyBytes;
    int version = in.readInt();
    ByteBuf rest = in.readSlice(end - in.readerIndex());
    if (version >>> 16 == SPECIAL_MAJOR) {
      out.add(special(version & 0xffff, rest));
    } else {
      out.add(startup(version, rest));
    }
  }

  private StartupPacket special(int code, ByteBuf rest) {
    return switch (code) {
      case CANCEL_MINOR -> cancel(rest);
      case TLS_MINOR -> bare(rest, new StartupPacket.TlsRequest());
      case GSS_MINOR -> bare(rest, new StartupPacket.GssRequest());
      default -> throw fail("the request code 1234." + code + " is not known");
    };
  }

  private StartupPacket bare(ByteBuf rest, StartupPacket packet) {
    if (rest.isReadable()) {
      throw fail("an encryption request has a length of 8 bytes, not " + (bodyBytes + 4));
    }
    state = State.LENGTH;
    return packet;
  }

  private StartupPacket cancel(ByteBuf rest) {
    int secretBytes = rest.readableBytes() - 4;
    if (secretBytes < 1 || secretBytes > CancelKey.MAX_SECRET_BYTES) {
      throw fail("a cancel request of " + (bodyBytes + 4) + " bytes cannot be read");
    }
    state = State.DONE;
    int processId = rest.readInt();
    byte[] secret = new byte[secretBytes];
    rest.readBytes(secret);
    return new StartupPacket.CancelRequest(new CancelKey(processId, ByteBuffer.wrap(secret)));
  }

  private StartupPacket startup(int version, ByteBuf rest) {
    if (version >>> 16 != 3) {
      state = State.FAILED;
      throw new RefusedException(
          new Refusal(
              "protocol_version",
              "0A000",
              "frontend protocol %d.%d is not supported: this server speaks 3.0 to 3.2"
                  .formatted(version >>> 16, version & 0xffff),
              "Update the client or driver."));
    }
    Map<String, String> parameters = new LinkedHashMap<>();
    List<String> protocolOptions = new ArrayList<>();
    while (true) {
      String name = readText(rest);
      if (name.isEmpty()) {
        break;
      }
      String value = readText(rest);
      if (name.startsWith(PROTOCOL_OPTION)) {
        protocolOptions.add(name);
      } else {
        parameters.put(name, value);
      }
    }
    if (rest.isReadable()) {
      throw fail("a startup packet must end behind its last parameter");
    }
    state = State.DONE;
    return new StartupPacket.StartupMessage(version & 0xffff, parameters, protocolOptions);
  }

  private String readText(ByteBuf rest) {
    int length = rest.bytesBefore((byte) 0);
    if (length < 0) {
      throw fail("a startup packet's parameter has no end");
    }
    String text = rest.readCharSequence(length, StandardCharsets.ISO_8859_1).toString();
    rest.skipBytes(1);
    return text;
  }

  private RefusedException fail(String message) {
    state = State.FAILED;
    return WireErrors.violation(message);
  }
}
