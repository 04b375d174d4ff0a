package dev.coppice.providers;

import java.nio.ByteBuffer;

/**
 * What COPY's binary format puts around its rows (PostgreSQL's documentation of COPY, "Binary
 * Format").
 */
final class BinaryRows {

  /** Signature, no flags, no header extension. */
  static final byte[] HEADER = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
  };

  /** Where a row has its number of fields. */
  static final byte[] END = {(byte) 0xff, (byte) 0xff};

  private static final int SIGNATURE_BYTES = 11;

  private BinaryRows() {}

  /** How much of the first message comes before its first row. */
  static int headerLength(byte[] message) {
    if (message.length < HEADER.length) {
      throw new IllegalStateException("COPY's binary header has only " + message.length + " bytes");
    }
    for (int i = 0; i < SIGNATURE_BYTES; i++) {
      if (message[i] != HEADER[i]) {
        throw new IllegalStateException("COPY's binary format does not begin with its signature");
      }
    }
    ByteBuffer fields = ByteBuffer.wrap(message, SIGNATURE_BYTES, 2 * Integer.BYTES);
    if (fields.getInt() != 0) {
      throw new IllegalStateException("COPY's binary header has flags that are not known");
    }
    return HEADER.length + fields.getInt();
  }

  /** Whether the end comes at that offset, rather than a row. */
  static boolean isEnd(byte[] message, int offset) {
    return message.length - offset == END.length
        && message[offset] == END[0]
        && message[offset + 1] == END[1];
  }
}
