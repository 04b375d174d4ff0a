package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Finds the messages in the bytes of one direction, however they are split, and shows the fronts of
 * those that somebody wants to see. A front that comes whole is shown where it lies; only one that
 * is split is put together, and forgotten again.
 */
final class MessageFronts {

  /** Is told of each message, once its front is there. */
  interface Viewer {
    /** How many bytes of the body to show. */
    int wanted(char type);

    /**
     * @param bodyBytes of the whole message
     * @param bytes where the front lies, from {@code start} to {@code end}; only for this call
     */
    void message(char type, long bodyBytes, ByteBuf bytes, int start, int end);
  }

  private static final int HEADER_BYTES = 5;
  private static final int LENGTH_BYTES = 4;

  private final Viewer viewer;

  /** Of a message whose header or front is split. */
  private int headerBytes;

  private char type;
  private long length;
  private long bodyBytes;
  private int frontBytes;
  private ByteBuf front = Unpooled.EMPTY_BUFFER;
  private boolean gathering;

  /** What is left of a body that needs no more looking at. */
  private long passingBytes;

  MessageFronts(Viewer viewer) {
    this.viewer = viewer;
  }

  /** Looks at what passes; its indices stay. */
  void pass(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (passingBytes > 0) {
        int passing = (int) Math.min(passingBytes, end - at);
        passingBytes -= passing;
        at += passing;
      } else if (gathering) {
        at = gather(bytes, at, end);
      } else if (headerBytes == 0 && end - at >= HEADER_BYTES) {
        type = (char) bytes.getUnsignedByte(at);
        length = bytes.getUnsignedInt(at + 1);
        at = body(bytes, at + HEADER_BYTES, end);
      } else {
        at = splitHeader(bytes, at, end);
      }
    }
  }

  private int splitHeader(ByteBuf bytes, int at, int end) {
    int value = bytes.getUnsignedByte(at);
    if (headerBytes == 0) {
      type = (char) value;
      length = 0;
    } else {
      length = length << 8 | value;
    }
    if (++headerBytes < HEADER_BYTES) {
      return at + 1;
    }
    headerBytes = 0;
    return body(bytes, at + 1, end);
  }

  /** Behind a header. Returns up to where the bytes were looked at. */
  private int body(ByteBuf bytes, int at, int end) {
    // A length below its own four bytes ends the session; the engine will say so.
    bodyBytes = Math.max(0, length - LENGTH_BYTES);
    frontBytes = (int) Math.min(bodyBytes, viewer.wanted(type));
    if (frontBytes <= end - at) {
      passingBytes = bodyBytes;
      viewer.message(type, bodyBytes, bytes, at, at + frontBytes);
      return at;
    }
    gathering = true;
    front = Unpooled.buffer(Math.min(frontBytes, Math.max(end - at, 16)), frontBytes);
    return gather(bytes, at, end);
  }

  private int gather(ByteBuf bytes, int at, int end) {
    int more = Math.min(frontBytes - front.readableBytes(), end - at);
    front.writeBytes(bytes, at, more);
    if (front.readableBytes() == frontBytes) {
      ByteBuf whole = front;
      front = Unpooled.EMPTY_BUFFER;
      gathering = false;
      passingBytes = bodyBytes - frontBytes;
      viewer.message(type, bodyBytes, whole, 0, frontBytes);
    }
    return at + more;
  }
}
