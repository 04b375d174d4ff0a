package dev.coppice.storage.layer;

import java.nio.ByteBuffer;
import java.util.UUID;

/** What a layer's log says happened, in order. Types and fields are part of the format. */
public sealed interface LayerRecord
    permits LayerRecord.Created,
        LayerRecord.Linked,
        LayerRecord.Unlinked,
        LayerRecord.Renamed,
        LayerRecord.AttributesSet,
        LayerRecord.PagesWritten,
        LayerRecord.Resized,
        LayerRecord.PagesShared,
        LayerRecord.Synced,
        LayerRecord.PowerLost,
        StateRecord {

  /** The file whose fsync needs this record; 0 for none in particular. */
  long fileId();

  void encode(ByteBuffer out);

  record Created(long fileId, long parent, String name, int mode, String target, long nanos)
      implements LayerRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 1).putLong(fileId).putLong(parent).putInt(mode).putLong(nanos);
      FileNames.put(out, name);
      FileNames.put(out, target);
    }
  }

  record Linked(long fileId, long parent, String name, long nanos) implements LayerRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 2).putLong(fileId).putLong(parent).putLong(nanos);
      FileNames.put(out, name);
    }
  }

  record Unlinked(long parent, String name, long nanos) implements LayerRecord {
    @Override
    public long fileId() {
      return 0;
    }

    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 3).putLong(parent).putLong(nanos);
      FileNames.put(out, name);
    }
  }

  /** Whatever had the new name loses it; with exchange the two change places. */
  record Renamed(
      long fileId,
      long fromParent,
      String fromName,
      long toParent,
      String toName,
      boolean exchange,
      long nanos)
      implements LayerRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 4).putLong(fileId).putLong(fromParent).putLong(toParent).putLong(nanos);
      out.put((byte) (exchange ? 1 : 0));
      FileNames.put(out, fromName);
      FileNames.put(out, toName);
    }
  }

  record AttributesSet(long fileId, int permissions, long modifiedNanos, long nanos)
      implements LayerRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 5).putLong(fileId).putInt(permissions).putLong(modifiedNanos).putLong(nanos);
    }
  }

  /** The layer's delta holds these pages from now on; they had been written before this record. */
  record PagesWritten(long fileId, long firstPage, long pages, long size, long nanos)
      implements LayerRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 6).putLong(fileId).putLong(firstPage).putLong(pages).putLong(size);
      out.putLong(nanos);
    }
  }

  /** No page from the new end on is held by anybody any more. */
  record Resized(long fileId, long size, long nanos) implements LayerRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 7).putLong(fileId).putLong(size).putLong(nanos);
    }
  }

  /**
   * The pages that records before an offset of this log speak of are on disk: those of one file, or
   * of all where the id is 0.
   *
   * @param logSynced the offset up to which the log itself was durable at that time
   */
  record Synced(long fileId, long beforeOffset, long logSynced) implements LayerRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 8).putLong(fileId).putLong(beforeOffset).putLong(logSynced);
    }
  }

  /**
   * The machine went down here: what was not synced before this record does not count.
   *
   * @param ended the run of the machine that ended, under which the store was open last
   */
  record PowerLost(UUID ended) implements LayerRecord {
    @Override
    public long fileId() {
      return 0;
    }

    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 9);
      Edit.putId(out, ended);
    }
  }

  /**
   * These pages of a file are whosever they are in another file at this moment: nobody's, or a
   * layer's below.
   */
  record PagesShared(long fileId, long from, long firstPage, long pages, long size, long nanos)
      implements LayerRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 10).putLong(fileId).putLong(from).putLong(firstPage).putLong(pages);
      out.putLong(size).putLong(nanos);
    }
  }

  /**
   * @throws IllegalArgumentException for a type that this version does not know
   */
  static LayerRecord decode(ByteBuffer in) {
    byte type = in.get();
    return switch (type) {
      case 1 -> {
        long id = in.getLong();
        long parent = in.getLong();
        int mode = in.getInt();
        long nanos = in.getLong();
        yield new Created(id, parent, FileNames.get(in), mode, FileNames.get(in), nanos);
      }
      case 2 -> {
        long id = in.getLong();
        long parent = in.getLong();
        long nanos = in.getLong();
        yield new Linked(id, parent, FileNames.get(in), nanos);
      }
      case 3 -> {
        long parent = in.getLong();
        long nanos = in.getLong();
        yield new Unlinked(parent, FileNames.get(in), nanos);
      }
      case 4 -> decodeRenamed(in);
      case 5 -> new AttributesSet(in.getLong(), in.getInt(), in.getLong(), in.getLong());
      case 6 ->
          new PagesWritten(in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong());
      case 7 -> new Resized(in.getLong(), in.getLong(), in.getLong());
      case 8 -> new Synced(in.getLong(), in.getLong(), in.getLong());
      case 9 -> new PowerLost(Edit.getId(in));
      case 10 ->
          new PagesShared(
              in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong(), in.getLong());
      default -> StateRecord.decode(type, in);
    };
  }

  private static Renamed decodeRenamed(ByteBuffer in) {
    long id = in.getLong();
    long fromParent = in.getLong();
    long toParent = in.getLong();
    long nanos = in.getLong();
    boolean exchange = in.get() != 0;
    String fromName = FileNames.get(in);
    return new Renamed(id, fromParent, fromName, toParent, FileNames.get(in), exchange, nanos);
  }
}
