package dev.coppice.proxy;

import java.nio.charset.StandardCharsets;

/**
 * A text in a message that passes. It is not kept for the tap: it can be read only until the call
 * that brought it returns. Its encoding is the client's {@code client_encoding}.
 */
public interface PassingText {

  /** Of what is shown. */
  int bytes();

  /** False if the text is longer than what is shown of it. */
  boolean isWhole();

  /** A copy, for the caller to keep. */
  byte[] copy();

  /** Bytes that are not UTF-8 are replaced. */
  default String utf8() {
    return new String(copy(), StandardCharsets.UTF_8);
  }
}
