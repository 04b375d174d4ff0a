package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;

/**
 * Finds the messages in the bytes of one direction by their headers, however they are split, and
 * keeps nothing of them.
 */
final class MessageHeaders {

  /** Is told of each message. */
  interface Listener {
    /**
     * @param first the first byte of the message's body; -1 if that is empty
     */
    void message(char type, int first);
  }

  private static final int HEADER_BYTES = 5;

  private final Listener listener;
  private int type;
  private long length;
  private int headerBytes;
  private long bodyLeft;

  /** Whether the next byte is the first of a body. */
  private boolean atBody;

  MessageHeaders(Listener listener) {
    this.listener = listener;
  }

  /** Whether what has come so far ended with a whole message. */
  boolean isBetweenMessages() {
    return headerBytes == 0 && bodyLeft == 0;
  }

  /** Looks at what passes; its indices stay. */
  void pass(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (bodyLeft > 0) {
        if (atBody) {
          atBody = false;
          listener.message((char) type, bytes.getUnsignedByte(at));
        }
        long passing = Math.min(bodyLeft, end - at);
        bodyLeft -= passing;
        at += (int) passing;
      } else {
        header(bytes.getUnsignedByte(at++));
      }
    }
  }

  private void header(int value) {
    if (headerBytes == 0) {
      type = value;
      length = 0;
    } else {
      length = length << 8 | value;
    }
    if (++headerBytes < HEADER_BYTES) {
      return;
    }
    headerBytes = 0;
    // A length below its own four bytes ends the session; the engine will say so.
    bodyLeft = Math.max(0, length - 4);
    atBody = bodyLeft > 0;
    if (!atBody) {
      listener.message((char) type, -1);
    }
  }
}
