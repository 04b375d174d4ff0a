package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/**
 * The ErrorResponse with which an engine that is being stopped ends a session. The engine says only
 * that an administrator wants it so; the proxy knows why, and says that in its place.
 */
final class Farewell {

  private static final int HEADER_BYTES = 5;
  private static final int MAX_BYTES = 1024;

  /** Behind the severity in the engine's language: the same in English, and the code. */
  private static final byte[] SIGN = "\0VFATAL\0C57P01\0".getBytes(StandardCharsets.US_ASCII);

  private Farewell() {}

  /** Where it begins in bytes that end with it; -1 if they do not. */
  static int start(ByteBuf bytes) {
    int end = bytes.writerIndex();
    for (int at = Math.max(bytes.readerIndex(), end - MAX_BYTES);
        at < end - HEADER_BYTES - SIGN.length;
        at++) {
      if (bytes.getByte(at) == 'E'
          && bytes.getInt(at + 1) == end - at - 1
          && bytes.getByte(at + HEADER_BYTES) == 'S'
          && isSigned(bytes, at + HEADER_BYTES + 1)) {
        return at;
      }
    }
    return -1;
  }

  private static boolean isSigned(ByteBuf bytes, int severity) {
    int severityEnd = bytes.indexOf(severity, bytes.writerIndex(), (byte) 0);
    if (severityEnd < 0 || severityEnd + SIGN.length > bytes.writerIndex()) {
      return false;
    }
    for (int i = 0; i < SIGN.length; i++) {
      if (bytes.getByte(severityEnd + i) != SIGN[i]) {
        return false;
      }
    }
    return true;
  }
}
