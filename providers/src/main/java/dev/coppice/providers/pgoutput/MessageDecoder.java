package dev.coppice.providers.pgoutput;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coppice.providers.pgoutput.ReplicationMessage.Column;
import dev.coppice.providers.pgoutput.ReplicationMessage.OldRow;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Decodes one message as it stands outside of a {@link ReplicationMessage.StreamStart}'s block. */
public final class MessageDecoder {

  /** Postgres counts time from 2000-01-01. */
  private static final long EPOCH_SECONDS = 946_684_800;

  private static final int CASCADE = 1;
  private static final int RESTART_IDENTITY = 2;

  private MessageDecoder() {}

  /** Throws {@link IllegalArgumentException} for what is no message. */
  public static ReplicationMessage decode(ByteBuffer in) {
    char type = (char) in.get();
    return switch (type) {
      case 'B' -> new ReplicationMessage.Begin(lsn(in), time(in), in.getInt());
      case 'C' -> {
        in.get();
        yield new ReplicationMessage.Commit(lsn(in), lsn(in), time(in));
      }
      case 'O' -> new ReplicationMessage.Origin(lsn(in), text(in));
      case 'R' -> relation(in);
      case 'Y' -> new ReplicationMessage.Type(in.getInt(), schema(in), text(in));
      case 'I' -> insert(in);
      case 'U' -> update(in);
      case 'D' -> new ReplicationMessage.Delete(in.getInt(), oldRow((char) in.get(), in));
      case 'T' -> truncate(in);
      case 'M' -> emitted(in);
      case 'S' -> new ReplicationMessage.StreamStart(in.getInt(), in.get() == 1);
      case 'E' -> new ReplicationMessage.StreamStop();
      case 'c' -> {
        int xid = in.getInt();
        in.get();
        yield new ReplicationMessage.StreamCommit(xid, lsn(in), lsn(in), time(in));
      }
      case 'A' -> new ReplicationMessage.StreamAbort(in.getInt(), in.getInt());
      default -> throw new IllegalArgumentException("a message of unknown type '" + type + "'");
    };
  }

  private static ReplicationMessage relation(ByteBuffer in) {
    int id = in.getInt();
    String schema = schema(in);
    String name = text(in);
    char identity = (char) in.get();
    int count = in.getShort();
    List<Column> columns = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      boolean key = (in.get() & 1) != 0;
      columns.add(new Column(key, text(in), in.getInt(), in.getInt()));
    }
    return new ReplicationMessage.Relation(id, schema, name, identity, columns);
  }

  private static ReplicationMessage insert(ByteBuffer in) {
    int relation = in.getInt();
    expect('N', in);
    return new ReplicationMessage.Insert(relation, row(in));
  }

  private static ReplicationMessage update(ByteBuffer in) {
    int relation = in.getInt();
    char kind = (char) in.get();
    if (kind == 'N') {
      return new ReplicationMessage.Update(relation, Optional.empty(), row(in));
    }
    OldRow old = oldRow(kind, in);
    expect('N', in);
    return new ReplicationMessage.Update(relation, Optional.of(old), row(in));
  }

  private static OldRow oldRow(char kind, ByteBuffer in) {
    if (kind != 'K' && kind != 'O') {
      throw new IllegalArgumentException("an old row of unknown kind '" + kind + "'");
    }
    return new OldRow(kind == 'O', row(in));
  }

  private static List<ColumnValue> row(ByteBuffer in) {
    int count = in.getShort();
    List<ColumnValue> values = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      char kind = (char) in.get();
      values.add(
          switch (kind) {
            case 'n' -> ColumnValue.NULL;
            case 'u' -> ColumnValue.UNCHANGED;
            case 't' -> new ColumnValue.Text(sized(in));
            default -> throw new IllegalArgumentException("a value of unknown kind '" + kind + "'");
          });
    }
    return values;
  }

  private static ReplicationMessage truncate(ByteBuffer in) {
    int count = in.getInt();
    int options = in.get();
    List<Integer> relations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      relations.add(in.getInt());
    }
    return new ReplicationMessage.Truncate(
        relations, (options & CASCADE) != 0, (options & RESTART_IDENTITY) != 0);
  }

  private static ReplicationMessage emitted(ByteBuffer in) {
    boolean transactional = (in.get() & 1) != 0;
    Lsn lsn = lsn(in);
    return new ReplicationMessage.Emitted(transactional, lsn, text(in), sized(in));
  }

  private static void expect(char kind, ByteBuffer in) {
    char found = (char) in.get();
    if (found != kind) {
      throw new IllegalArgumentException("expected '" + kind + "' and not '" + found + "'");
    }
  }

  private static Lsn lsn(ByteBuffer in) {
    return new Lsn(in.getLong());
  }

  private static Instant time(ByteBuffer in) {
    long micros = in.getLong();
    return Instant.ofEpochSecond(
        EPOCH_SECONDS + Math.floorDiv(micros, 1_000_000L),
        Math.floorMod(micros, 1_000_000L) * 1000L);
  }

  /** The catalogue's schema is written as an empty text. */
  private static String schema(ByteBuffer in) {
    String name = text(in);
    return name.isEmpty() ? "pg_catalog" : name;
  }

  private static String text(ByteBuffer in) {
    int start = in.position();
    int end = start;
    while (in.get(end) != 0) {
      end++;
    }
    String text = string(in, end - start);
    in.position(end + 1);
    return text;
  }

  private static String sized(ByteBuffer in) {
    return string(in, in.getInt());
  }

  private static String string(ByteBuffer in, int length) {
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException("a text of " + length + " bytes in " + in.remaining());
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, UTF_8);
  }
}
