package dev.coppice.proxy.session;

import dev.coppice.proxy.PassingText;
import dev.coppice.proxy.SessionTap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** A zero-terminated text in a message's front; one object serves all messages of a session. */
final class FrontText implements PassingText {

  private ByteBuf buffer = Unpooled.EMPTY_BUFFER;
  private int start;
  private int bytes;
  private boolean whole = true;

  /**
   * Shows the text that starts there, as far as it is shown.
   *
   * @param end of the front
   * @return behind the text's zero; the end if there is none
   */
  int show(ByteBuf front, int from, int end) {
    int zero = from < end ? front.indexOf(from, end, (byte) 0) : -1;
    int textEnd = zero < 0 ? end : zero;
    buffer = front;
    start = from;
    bytes = Math.min(textEnd - from, SessionTap.MAX_TEXT_BYTES);
    whole = zero >= 0 && bytes == textEnd - from;
    return zero < 0 ? end : zero + 1;
  }

  void forget() {
    buffer = Unpooled.EMPTY_BUFFER;
    bytes = 0;
  }

  @Override
  public int bytes() {
    return bytes;
  }

  @Override
  public boolean isWhole() {
    return whole;
  }

  @Override
  public byte[] copy() {
    byte[] copy = new byte[bytes];
    buffer.getBytes(start, copy);
    return copy;
  }
}
