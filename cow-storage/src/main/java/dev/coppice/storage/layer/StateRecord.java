package dev.coppice.storage.layer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a layer is in the end, in place of how it came to be: its difference from the state that it
 * starts from. All pages that such a record speaks of are durable.
 */
public sealed interface StateRecord extends LayerRecord {

  /** A file, directory or symbolic link that is new or not as it was; its names follow. */
  record NodePut(
      long fileId, int mode, long size, long modifiedNanos, long changedNanos, String target)
      implements StateRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 32).putLong(fileId).putInt(mode).putLong(size);
      out.putLong(modifiedNanos).putLong(changedNanos);
      FileNames.put(out, target);
    }
  }

  /** One of the names of the node put before. */
  record NamePut(long fileId, long parent, String name) implements StateRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 33).putLong(fileId).putLong(parent);
      FileNames.put(out, name);
    }
  }

  record NodeDropped(long fileId) implements StateRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 34).putLong(fileId);
    }
  }

  /**
   * These pages of a file are another delta's than in the state below.
   *
   * @param ownerLayer null if nobody holds them any more
   */
  record PagesHeld(
      long fileId, long firstPage, long pages, @Nullable UUID ownerLayer, long ownerFile)
      implements StateRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 35).putLong(fileId).putLong(firstPage).putLong(pages);
      Edit.putId(out, ownerLayer == null ? Edit.NONE : ownerLayer);
      out.putLong(ownerFile);
    }
  }

  /** These pages of a file are whosever they are in a file of the state below. */
  record PagesInherited(long fileId, long firstPage, long pages, long fromFile)
      implements StateRecord {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 38).putLong(fileId).putLong(firstPage).putLong(pages).putLong(fromFile);
    }
  }

  /** Of a manifest alone: CRC-32C of pages of this layer's delta, one after the other. */
  record PageChecksums(long fileId, long firstPage, List<Integer> checksums)
      implements StateRecord {

    /** As many as fit into a record. */
    static final int MAX = 1024;

    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 36).putLong(fileId).putLong(firstPage).putInt(checksums.size());
      checksums.forEach(out::putInt);
    }
  }

  /** Of a manifest alone, its first record. */
  record ManifestBegun(@Nullable UUID parent, long logEnd) implements StateRecord {
    @Override
    public long fileId() {
      return 0;
    }

    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 37);
      Edit.putId(out, parent == null ? Edit.NONE : parent);
      out.putLong(logEnd);
    }
  }

  static StateRecord decode(byte type, ByteBuffer in) {
    return switch (type) {
      case 32 ->
          new NodePut(
              in.getLong(),
              in.getInt(),
              in.getLong(),
              in.getLong(),
              in.getLong(),
              FileNames.get(in));
      case 33 -> new NamePut(in.getLong(), in.getLong(), FileNames.get(in));
      case 34 -> new NodeDropped(in.getLong());
      case 35 -> {
        long file = in.getLong();
        long first = in.getLong();
        long pages = in.getLong();
        yield new PagesHeld(file, first, pages, getIdOrNull(in), in.getLong());
      }
      case 36 -> {
        long file = in.getLong();
        long first = in.getLong();
        List<Integer> checksums = new ArrayList<>();
        for (int left = in.getInt(); left > 0; left--) {
          checksums.add(in.getInt());
        }
        yield new PageChecksums(file, first, checksums);
      }
      case 37 -> new ManifestBegun(getIdOrNull(in), in.getLong());
      case 38 -> new PagesInherited(in.getLong(), in.getLong(), in.getLong(), in.getLong());
      default -> throw new IllegalArgumentException("unknown record type " + type);
    };
  }

  private static @Nullable UUID getIdOrNull(ByteBuffer in) {
    UUID id = Edit.getId(in);
    return id.equals(Edit.NONE) ? null : id;
  }
}
