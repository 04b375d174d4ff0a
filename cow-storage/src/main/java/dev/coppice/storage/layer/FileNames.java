package dev.coppice.storage.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;

/**
 * File names are strings of bytes in whatever encoding their writer used. They are held one byte to
 * a char (Latin-1), which loses nothing.
 */
public final class FileNames {

  public static final int MAX_BYTES = 255;
  public static final int MAX_TARGET_BYTES = 4095;

  /** Keys below this one stand for the entries "." and "..". */
  private static final long FIRST_KEY = 4;

  private FileNames() {}

  public static String fromText(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  /** The inverse of {@link #fromText}; what is no UTF-8 is shown as well as it can be. */
  public static String toText(String name) {
    return new String(name.getBytes(ISO_8859_1), UTF_8);
  }

  /** A well spread positive key, which is also the position of the name in its directory. */
  public static long key(String name) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
    return Math.max(FIRST_KEY, (hash ^ hash >>> 33) >>> 2);
  }

  static void put(ByteBuffer out, String name) {
    out.putShort((short) name.length());
    out.put(name.getBytes(ISO_8859_1));
  }

  static String get(ByteBuffer in) {
    byte[] bytes = new byte[Short.toUnsignedInt(in.getShort())];
    in.get(bytes);
    return new String(bytes, ISO_8859_1);
  }
}
