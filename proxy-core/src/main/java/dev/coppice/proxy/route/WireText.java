package dev.coppice.proxy.route;

import dev.coppice.proxy.Refusal;
import dev.coppice.proxy.RefusedException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Between text and the bytes of a startup packet, which are held one character for each. */
final class WireText {

  private WireText() {}

  static String decode(String bytes, String what) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException _) {
      throw new RefusedException(
          new Refusal(
              "name_not_utf8",
              "22021",
              "the " + what + " name is not valid UTF-8",
              "Connect with a UTF-8 locale, or set client_encoding to UTF8."));
    }
  }

  static String encode(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }
}
