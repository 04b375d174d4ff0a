package dev.coppice.proxy.session;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a client was sent, taken apart; fails on anything that is not a message. */
record BackendBytes(List<Message> messages) {

  @SuppressWarnings("ArrayRecordComponent")
  record Message(char type, byte[] body) {

    /** Of an ErrorResponse. */
    Map<Character, String> fields() {
      Map<Character, String> fields = new LinkedHashMap<>();
      int at = 0;
      while (body[at] != 0) {
        int end = at + 1;
        while (body[end] != 0) {
          end++;
        }
        fields.put((char) body[at], new String(body, at + 1, end - at - 1, StandardCharsets.UTF_8));
        at = end + 1;
      }
      if (at != body.length - 1) {
        throw new AssertionError("an ErrorResponse with something behind its end");
      }
      return fields;
    }
  }

  static BackendBytes parse(ByteBuf bytes) {
    List<Message> messages = new ArrayList<>();
    while (bytes.isReadable()) {
      char type = (char) bytes.readUnsignedByte();
      byte[] body = new byte[bytes.readInt() - 4];
      bytes.readBytes(body);
      messages.add(new Message(type, body));
    }
    return new BackendBytes(messages);
  }

  /** The fields of the ErrorResponse at the end. */
  Map<Character, String> error() {
    Message last = messages.getLast();
    if (last.type() != 'E') {
      throw new AssertionError("the last message is of type " + last.type());
    }
    return last.fields();
  }

  String types() {
    StringBuilder types = new StringBuilder();
    messages.forEach(message -> types.append(message.type()));
    return types.toString();
  }
}
