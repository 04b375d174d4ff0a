package dev.coppice.storage.posix;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A file as the process sees it, as the disk is sure to hold it, and what lies between. */
final class SimulatedFile {

  /** What a disk writes whole or not at all. */
  private static final int SECTOR_BYTES = 512;

  private sealed interface Change {}

  private static final class Written implements Change {
    private final int offset;
    private final byte[] bytes;

    Written(int offset, byte[] bytes) {
      this.offset = offset;
      this.bytes = bytes;
    }
  }

  private record Truncated(int size) implements Change {}

  private byte[] now = new byte[0];
  private byte[] durable = new byte[0];
  private final List<Change> unsynced = new ArrayList<>();
  private boolean syncRefused;

  int size() {
    return now.length;
  }

  byte[] bytes() {
    return now;
  }

  void write(int offset, byte[] bytes) {
    now = written(now, offset, bytes, 0, bytes.length);
    unsynced.add(new Written(offset, bytes));
  }

  private static byte[] written(byte[] content, int offset, byte[] bytes, int from, int to) {
    int end = offset + to;
    byte[] result = end > content.length ? Arrays.copyOf(content, end) : content;
    System.arraycopy(bytes, from, result, offset + from, to - from);
    return result;
  }

  /** Whether the block around an offset, or what there is of it from there on, is zeros. */
  boolean isHole(int offset, int blockBytes) {
    int end = Math.min(now.length, (offset / blockBytes + 1) * blockBytes);
    for (int i = offset; i < end; i++) {
      if (now[i] != 0) {
        return false;
      }
    }
    return true;
  }

  void truncate(int size) {
    now = Arrays.copyOf(now, size);
    unsynced.add(new Truncated(size));
  }

  void sync() {
    if (!syncRefused) {
      unsynced.clear();
      durable = now.clone();
    }
  }

  /**
   * The kernel takes pages that it could not write for clean, so no later sync writes them. As far
   * as this file is concerned, none writes anything.
   */
  void refuseSync() {
    syncRefused = true;
  }

  /** The next program may sync again. */
  void forgetRefusal() {
    syncRefused = false;
  }

  /** Damage that no sync follows: rot. */
  void flip(int bit) {
    now[bit / 8] ^= (byte) (1 << bit % 8);
  }

  /** What the disk holds after the machine went down. */
  void losePower(Random random) {
    byte[] content = durable.clone();
    int sureBytes = durable.length;
    int fate = random.nextInt(4);
    for (Change change : unsynced) {
      switch (change) {
        case Truncated truncated -> {
          if (fate == 1 || (fate > 1 && random.nextBoolean())) {
            content = Arrays.copyOf(content, truncated.size());
          }
        }
        case Written written -> {
          if (fate == 1) {
            content = written(content, written.offset, written.bytes, 0, written.bytes.length);
          } else if (fate > 1) {
            content = writeSectors(content, written, sureBytes, random);
          }
        }
      }
    }
    now = content;
    syncRefused = false;
    sync();
  }

  /** Old bytes stay or are replaced, sector by sector; where there were none may be anything. */
  private static byte[] writeSectors(byte[] before, Written change, int sureBytes, Random random) {
    byte[] content = before;
    int at = 0;
    while (at < change.bytes.length) {
      int sectorEnd = SECTOR_BYTES - (change.offset + at) % SECTOR_BYTES;
      int to = Math.min(change.bytes.length, at + sectorEnd);
      boolean overwrites = change.offset + to <= sureBytes;
      switch (random.nextInt(overwrites ? 2 : 4)) {
        case 0 -> {}
        case 1 -> content = written(content, change.offset, change.bytes, at, to);
        case 2 -> {
          int fresh = Math.max(at, Math.min(to, sureBytes - change.offset));
          byte[] zeros = new byte[change.bytes.length];
          content = written(content, change.offset, zeros, fresh, to);
        }
        default -> {
          int fresh = Math.max(at, Math.min(to - 1, sureBytes - change.offset));
          byte[] flipped = change.bytes.clone();
          flipped[fresh + random.nextInt(to - fresh)] ^= (byte) (1 << random.nextInt(8));
          content = written(content, change.offset, flipped, fresh, to);
        }
      }
      at = to;
    }
    return content;
  }
}
