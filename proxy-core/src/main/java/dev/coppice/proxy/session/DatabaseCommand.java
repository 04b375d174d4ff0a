package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Tells statements for which a database must have no other sessions: DROP DATABASE, ALTER DATABASE
 * … RENAME, CREATE DATABASE from a template. Postgres waits five seconds for the others to end, and
 * then refuses (CountOtherDBBackends). As none of these may stand in a transaction, it is enough to
 * look at the first statement of what one read brought, and at its beginning.
 */
final class DatabaseCommand {

  private static final int HEADER_BYTES = 5;

  /** A comment may stand before it. */
  private static final int MAX_BYTES = 512;

  private DatabaseCommand() {}

  /** Whether it may be one. Others that name a database may be taken for one too. */
  static boolean mayBegin(ByteBuf bytes) {
    int end = bytes.writerIndex();
    int at = bytes.readerIndex() + HEADER_BYTES;
    if (at >= end) {
      return false;
    }
    int type = bytes.getByte(at - HEADER_BYTES);
    if (type == 'P') {
      at = bytes.indexOf(at, end, (byte) 0) + 1;
    }
    if ((type != 'Q' && type != 'P') || at == 0) {
      return false;
    }
    while (at < end && Character.isWhitespace(bytes.getByte(at))) {
      at++;
    }
    return at < end && mayBeginWith(bytes.getByte(at)) && namesDatabase(bytes, at, end);
  }

  private static boolean mayBeginWith(byte first) {
    return switch (first) {
      case 'A', 'a', 'C', 'c', 'D', 'd', '/', '-' -> true;
      default -> false;
    };
  }

  private static boolean namesDatabase(ByteBuf bytes, int start, int end) {
    int length = Math.min(end - start, MAX_BYTES);
    return bytes
        .toString(start, length, StandardCharsets.ISO_8859_1)
        .toLowerCase(Locale.ROOT)
        .contains("database");
  }
}
