package dev.coppice.proxy.session;

import dev.coppice.proxy.SessionTap;
import dev.coppice.proxy.StatementTap;
import dev.coppice.proxy.TappedSession;
import io.netty.buffer.ByteBuf;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a tap what passes between a client and its engine. Confined to their event loop. */
final class TappedMessages {

  private static final Logger log = LoggerFactory.getLogger(TappedMessages.class);

  /**
   * Names are 63 bytes in Postgres's catalogues, but those of the protocol may be of any length.
   */
  private static final int MAX_NAME_BYTES = 1024;

  /** A tag, or the severity and the state at an error's beginning. */
  private static final int MAX_ANSWER_BYTES = 256;

  private final SessionTap tap;
  private final MessageFronts client = new MessageFronts(new ClientSide());
  private final MessageFronts engine = new MessageFronts(new EngineSide());
  private final FrontText first = new FrontText();
  private final FrontText second = new FrontText();
  private boolean over;

  TappedMessages(SessionTap tap) {
    this.tap = tap;
  }

  /** Nothing if the tap does not want to see the session. */
  static Optional<TappedMessages> of(StatementTap tap, TappedSession session) {
    try {
      return tap.begin(session).map(TappedMessages::new);
    } catch (RuntimeException e) {
      log.error("{} failed; it does not see a session on {}", tap, session.branch(), e);
      return Optional.empty();
    }
  }

  void client(ByteBuf bytes) {
    pass(client, bytes);
  }

  void engine(ByteBuf bytes) {
    pass(engine, bytes);
  }

  private void pass(MessageFronts side, ByteBuf bytes) {
    if (over) {
      return;
    }
    try {
      side.pass(bytes);
    } catch (RuntimeException e) {
      over = true;
      log.error("{} failed; it hears no more of its session", tap, e);
    }
    first.forget();
    second.forget();
  }

  void ended() {
    if (over) {
      return;
    }
    over = true;
    try {
      tap.ended();
    } catch (RuntimeException e) {
      log.error("{} failed at the end of its session", tap, e);
    }
  }

  private final class ClientSide implements MessageFronts.Viewer {

    @Override
    public int wanted(char type) {
      return switch (type) {
        case 'Q' -> SessionTap.MAX_TEXT_BYTES + 1;
        case 'P' -> MAX_NAME_BYTES + SessionTap.MAX_TEXT_BYTES + 1;
        case 'B' -> 2 * MAX_NAME_BYTES;
        case 'E', 'C' -> MAX_NAME_BYTES;
        default -> 0;
      };
    }

    @Override
    public void message(char type, long bodyBytes, ByteBuf bytes, int start, int end) {
      switch (type) {
        case 'B' -> {
          second.show(bytes, first.show(bytes, start, end), end);
          tap.bind(first, second);
        }
        case 'E' -> {
          first.show(bytes, start, end);
          tap.execute(first);
        }
        case 'S' -> tap.sync();
        case 'Q' -> {
          first.show(bytes, start, end);
          tap.query(first);
        }
        case 'P' -> {
          second.show(bytes, first.show(bytes, start, end), end);
          tap.parse(first, second);
        }
        case 'C' -> {
          first.show(bytes, Math.min(start + 1, end), end);
          tap.close(start < end && bytes.getByte(start) == 'P', first);
        }
        case 'F' -> tap.functionCall();
        default -> tap.sent(type, bodyBytes);
      }
    }
  }

  private final class EngineSide implements MessageFronts.Viewer {

    @Override
    public int wanted(char type) {
      return switch (type) {
        case 'C', 'E' -> MAX_ANSWER_BYTES;
        case 'Z' -> 1;
        default -> 0;
      };
    }

    @Override
    public void message(char type, long bodyBytes, ByteBuf bytes, int start, int end) {
      switch (type) {
        case 'C' -> {
          first.show(bytes, start, end);
          tap.completed(first);
        }
        case 'E' -> {
          state(bytes, start, end);
          tap.failed(first);
        }
        case 'Z' -> tap.ready(start < end ? (char) bytes.getUnsignedByte(start) : 'I');
        default -> tap.received(type, bodyBytes);
      }
    }

    /** Postgres puts it behind the severity. */
    private void state(ByteBuf bytes, int start, int end) {
      int at = start;
      while (at < end && bytes.getByte(at) != 0) {
        boolean found = bytes.getByte(at) == 'C';
        at = first.show(bytes, at + 1, end);
        if (found) {
          return;
        }
      }
      first.show(bytes, end, end);
    }
  }
}
