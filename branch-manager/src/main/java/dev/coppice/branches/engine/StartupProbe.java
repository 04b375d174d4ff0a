package dev.coppice.branches.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Asks an engine whether it takes sessions, with the least that the protocol needs
 * (protocol-message-formats in Postgres's manual: StartupMessage, then AuthenticationOk or
 * ErrorResponse).
 */
final class StartupProbe {

  enum Answer {
    /** No socket yet, or it is still recovering. */
    NOT_YET,
    /** Also if it turns this session away: that the database was dropped is its users' affair. */
    READY
  }

  private static final int PROTOCOL_3_0 = 196_608;
  private static final int HEADER_BYTES = 5;
  private static final byte[] TERMINATE = {'X', 0, 0, 0, 4};
  private static final int LARGEST_ANSWER_BYTES = 64 * 1024;
  private static final String CANNOT_CONNECT_NOW = "57P03";

  private final UnixDomainSocketAddress socket;
  private final byte[] startup;

  StartupProbe(Path socket, String user, String database) {
    this.socket = UnixDomainSocketAddress.of(socket);
    byte[] parameters =
        ("user\0" + user + "\0database\0" + database + "\0application_name\0coppice\0\0")
            .getBytes(UTF_8);
    startup =
        ByteBuffer.allocate(8 + parameters.length)
            .putInt(8 + parameters.length)
            .putInt(PROTOCOL_3_0)
            .put(parameters)
            .array();
  }

  Answer ask() {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(socket);
      ByteBuffer out = ByteBuffer.wrap(startup);
      while (out.hasRemaining()) {
        channel.write(out);
      }
      return read(channel);
    } catch (IOException e) {
      return Answer.NOT_YET;
    }
  }

  /**
   * Reads on to ReadyForQuery: by then the engine has built its cache of the database's catalogue,
   * and the client that comes next does not have to.
   */
  private Answer read(SocketChannel channel) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(LARGEST_ANSWER_BYTES);
    int at = 0;
    while (in.hasRemaining() && channel.read(in) >= 0) {
      while (at + HEADER_BYTES <= in.position()) {
        int end = at + 1 + Math.max(4, in.getInt(at + 1));
        byte type = in.get(at);
        if (type == 'Z') {
          channel.write(ByteBuffer.wrap(TERMINATE));
          return Answer.READY;
        }
        if (end > in.position()) {
          break;
        }
        if (type == 'E') {
          return refused(new String(in.array(), at + HEADER_BYTES, end - at - HEADER_BYTES, UTF_8));
        }
        at = end;
      }
    }
    return Answer.NOT_YET;
  }

  private static Answer refused(String fields) {
    return fields.contains("C" + CANNOT_CONNECT_NOW + "\0") ? Answer.NOT_YET : Answer.READY;
  }
}
