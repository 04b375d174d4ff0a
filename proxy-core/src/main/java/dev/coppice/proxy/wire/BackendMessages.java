package dev.coppice.proxy.wire;

import dev.coppice.proxy.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes the messages that the proxy itself sends to clients. */
public final class BackendMessages {

  private static final int AUTHENTICATION_OK = 0;
  private static final int AUTHENTICATION_SASL = 10;
  private static final int AUTHENTICATION_SASL_CONTINUE = 11;
  private static final int AUTHENTICATION_SASL_FINAL = 12;

  private BackendMessages() {}

  public static void authenticationOk(ByteBuf out) {
    out.writeByte('R').writeInt(8).writeInt(AUTHENTICATION_OK);
  }

  /** Offers SASL mechanisms, the preferred first. */
  public static void authenticationSasl(ByteBuf out, List<String> mechanisms) {
    int length = begin(out, 'R');
    out.writeInt(AUTHENTICATION_SASL);
    for (String mechanism : mechanisms) {
      text(out, mechanism);
    }
    out.writeByte(0);
    end(out, length);
  }

  public static void authenticationSaslContinue(ByteBuf out, String serverFirst) {
    sasl(out, AUTHENTICATION_SASL_CONTINUE, serverFirst);
  }

  public static void authenticationSaslFinal(ByteBuf out, String serverFinal) {
    sasl(out, AUTHENTICATION_SASL_FINAL, serverFinal);
  }

  private static void sasl(ByteBuf out, int code, String data) {
    int length = begin(out, 'R');
    out.writeInt(code);
    out.writeCharSequence(data, StandardCharsets.US_ASCII);
    end(out, length);
  }

  /**
   * NegotiateProtocolVersion.
   *
   * @param minorVersion of protocol 3, which will be spoken
   * @param unknownOptions the {@code _pq_.} options that were not understood, as bytes
   */
  public static void negotiateProtocolVersion(
      ByteBuf out, int minorVersion, List<String> unknownOptions) {
    int length = begin(out, 'v');
    out.writeInt(StartupPacket.PROTOCOL_3_0 | minorVersion).writeInt(unknownOptions.size());
    for (String option : unknownOptions) {
      out.writeCharSequence(option, StandardCharsets.ISO_8859_1);
      out.writeByte(0);
    }
    end(out, length);
  }

  public static void backendKeyData(ByteBuf out, CancelKey key) {
    out.writeByte('K')
        .writeInt(8 + key.secret().remaining())
        .writeInt(key.processId())
        .writeBytes(key.secret().duplicate());
  }

  /** Outside of a transaction. */
  public static void readyForQuery(ByteBuf out) {
    out.writeByte('Z').writeInt(5).writeByte('I');
  }

  /** ErrorResponse that ends the connection. */
  public static void fatal(ByteBuf out, Refusal refusal) {
    int length = begin(out, 'E');
    field(out, 'S', "FATAL");
    field(out, 'V', "FATAL");
    field(out, 'C', refusal.sqlState());
    field(out, 'M', refusal.message());
    if (!refusal.hint().isEmpty()) {
      field(out, 'H', refusal.hint());
    }
    out.writeByte(0);
    end(out, length);
  }

  private static void field(ByteBuf out, char type, String value) {
    out.writeByte(type);
    text(out, value);
  }

  private static void text(ByteBuf out, String value) {
    ByteBufUtil.writeUtf8(out, value.replace('\0', '?'));
    out.writeByte(0);
  }

  private static int begin(ByteBuf out, char type) {
    out.writeByte(type).writeInt(0);
    return out.writerIndex() - 4;
  }

  private static void end(ByteBuf out, int lengthIndex) {
    out.setInt(lengthIndex, out.writerIndex() - lengthIndex);
  }
}
