package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Watches what passes between client and engine, by message headers and the texts of statements,
 * for whether the engine's session could serve another client. In doubt it could not. Confined to
 * the connection's event loop.
 */
final class SessionWatch {

  /** A client that stays longer than this is let alone: its session's beginning is long past. */
  private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final int MESSAGES_BETWEEN_LOOKS = 256;
  private static final int HEADER_BYTES = 5;
  private static final int TERMINATE_BYTES = 5;

  private final LongSupplier nanoTime;
  private final long startNanos;
  private boolean plain = true;
  private int clientMessages;

  /** Requests for a ReadyForQuery that has not come yet. */
  private int awaited;

  /** Whether the client has asked for something since its last Query or Sync. */
  private boolean midway;

  private boolean idle = true;

  /** Of the engine's message that is passing. */
  private long engineBytesLeft;

  SessionWatch() {
    this(System::nanoTime);
  }

  SessionWatch(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.startNanos = nanoTime.getAsLong();
  }

  /** Whether it is of no use to go on. */
  boolean isOver() {
    return !plain;
  }

  /** Whether the engine has answered everything and nothing is left in its session. */
  boolean isReusable() {
    return plain && awaited == 0 && !midway && idle && engineBytesLeft == 0;
  }

  /** Whether the bytes end with a Terminate, which then has not been counted. */
  boolean client(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (plain && at < end) {
      int type = bytes.getUnsignedByte(at);
      if (type == 'X' && end - at == TERMINATE_BYTES && bytes.getInt(at + 1) == 4) {
        return true;
      }
      long length = end - at < HEADER_BYTES ? Long.MAX_VALUE : 1L + bytes.getUnsignedInt(at + 1);
      if (length < HEADER_BYTES || length > end - at || isTooOld()) {
        plain = false;
      } else {
        clientMessage(type, bytes, at + HEADER_BYTES, at + (int) length);
        at += (int) length;
      }
    }
    return false;
  }

  private boolean isTooOld() {
    return ++clientMessages % MESSAGES_BETWEEN_LOOKS == 0
        && nanoTime.getAsLong() - startNanos > MAX_NANOS;
  }

  private void clientMessage(int type, ByteBuf bytes, int start, int end) {
    switch (type) {
      case 'Q' -> {
        awaited++;
        midway = false;
        plain = isPlain(bytes, start, end);
      }
      case 'S' -> {
        awaited++;
        midway = false;
      }
      case 'P' -> {
        midway = true;
        int nameEnd = bytes.indexOf(start, end, (byte) 0);
        plain = nameEnd >= 0 && isPlainPrefix(bytes, nameEnd + 1, end);
      }
      case 'B', 'D', 'E', 'C', 'H' -> midway = true;
      default -> plain = false;
    }
  }

  private static boolean isPlain(ByteBuf bytes, int start, int end) {
    return end > start
        && bytes.getByte(end - 1) == 0
        && PlainStatement.is(bytes, start, end - 1 - start);
  }

  /** Behind the text of a Parse come its parameters' types. */
  private static boolean isPlainPrefix(ByteBuf bytes, int start, int end) {
    int textEnd = bytes.indexOf(start, end, (byte) 0);
    return textEnd >= 0 && PlainStatement.is(bytes, start, textEnd - start);
  }

  void engine(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (plain && at < end) {
      if (engineBytesLeft > 0) {
        int passing = (int) Math.min(engineBytesLeft, end - at);
        engineBytesLeft -= passing;
        at += passing;
      } else if (end - at < HEADER_BYTES) {
        plain = false;
      } else {
        engineMessage(bytes.getUnsignedByte(at), bytes, at, end);
        engineBytesLeft = 1L + bytes.getUnsignedInt(at + 1);
      }
    }
  }

  private void engineMessage(int type, ByteBuf bytes, int at, int end) {
    switch (type) {
      case 'Z' -> {
        awaited--;
        idle = end - at > HEADER_BYTES && bytes.getByte(at + HEADER_BYTES) == 'I';
        plain = awaited >= 0;
      }
      // Copies and notifications come of statements that are not plain.
      case 'G', 'H', 'W', 'A' -> plain = false;
      default -> {}
    }
  }
}
