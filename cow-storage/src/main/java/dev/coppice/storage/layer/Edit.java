package dev.coppice.storage.layer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One change of the store's catalogue. A record of the journal is a list of them, all or nothing.
 */
public sealed interface Edit {

  void encode(ByteBuffer out);

  /**
   * @param parentLogEnd where the parent's log ended when this layer was put on it
   */
  record LayerAdded(UUID layer, @Nullable UUID parent, long parentLogEnd, Set<String> without)
      implements Edit {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 1);
      putId(out, layer);
      putId(out, parent == null ? NONE : parent);
      out.putLong(parentLogEnd);
      putNames(out, without);
    }
  }

  /** Creates the branch, or gives it another top layer, whose parent is frozen from now on. */
  record BranchPut(UUID branch, UUID topLayer) implements Edit {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 2);
      putId(out, branch);
      putId(out, topLayer);
    }
  }

  record BranchDropped(UUID branch) implements Edit {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 3);
      putId(out, branch);
    }
  }

  record SnapshotPut(UUID snapshot, UUID layer, Set<String> without) implements Edit {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 4);
      putId(out, snapshot);
      putId(out, layer);
      putNames(out, without);
    }
  }

  record SnapshotDropped(UUID snapshot) implements Edit {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 5);
      putId(out, snapshot);
    }
  }

  /** File ids below this number may have been given out. */
  record FileIdsReserved(long end) implements Edit {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 6).putLong(end);
    }
  }

  /** The store was opened in this run of the machine. */
  record Booted(UUID boot) implements Edit {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 7);
      putId(out, boot);
    }
  }

  /** One layer has taken the place of two, the lower of which had no other use. */
  record LayersMerged(UUID merged, UUID lower, UUID upper) implements Edit {
    @Override
    public void encode(ByteBuffer out) {
      out.put((byte) 8);
      putId(out, merged);
      putId(out, lower);
      putId(out, upper);
    }
  }

  UUID NONE = new UUID(0, 0);

  static void encodeAll(List<Edit> edits, ByteBuffer out) {
    out.putInt(edits.size());
    edits.forEach(edit -> edit.encode(out));
  }

  static List<Edit> decodeAll(ByteBuffer in) {
    int count = in.getInt();
    List<Edit> edits = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      edits.add(decode(in));
    }
    return edits;
  }

  private static Edit decode(ByteBuffer in) {
    byte type = in.get();
    return switch (type) {
      case 1 -> {
        UUID layer = getId(in);
        UUID parent = getId(in);
        long parentLogEnd = in.getLong();
        yield new LayerAdded(
            layer, parent.equals(NONE) ? null : parent, parentLogEnd, getNames(in));
      }
      case 2 -> new BranchPut(getId(in), getId(in));
      case 3 -> new BranchDropped(getId(in));
      case 4 -> new SnapshotPut(getId(in), getId(in), getNames(in));
      case 5 -> new SnapshotDropped(getId(in));
      case 6 -> new FileIdsReserved(in.getLong());
      case 7 -> new Booted(getId(in));
      case 8 -> new LayersMerged(getId(in), getId(in), getId(in));
      default -> throw new IllegalArgumentException("unknown edit " + type);
    };
  }

  static void putId(ByteBuffer out, UUID id) {
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  static UUID getId(ByteBuffer in) {
    return new UUID(in.getLong(), in.getLong());
  }

  private static void putNames(ByteBuffer out, Set<String> names) {
    out.putInt(names.size());
    names.forEach(name -> FileNames.put(out, name));
  }

  private static Set<String> getNames(ByteBuffer in) {
    int count = in.getInt();
    Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < count; i++) {
      names.add(FileNames.get(in));
    }
    return names;
  }
}
