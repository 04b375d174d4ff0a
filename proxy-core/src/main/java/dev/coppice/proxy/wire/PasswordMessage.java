package dev.coppice.proxy.wire;

import java.util.Arrays;

/**
 * A client's answer during authentication; what its body means depends on what it was asked.
 *
 * @param body without type and length; not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record PasswordMessage(byte[] body) {

  @Override
  public boolean equals(Object other) {
    return other instanceof PasswordMessage message && Arrays.equals(body, message.body);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(body);
  }

  @Override
  public String toString() {
    return "PasswordMessage[" + body.length + " bytes]";
  }
}
