package dev.coppice.storage.layer;

import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import java.util.zip.CRC32C;

/**
 * An append-only file of checksummed records. Offsets only grow in the life of a log, also where
 * its beginning is replaced by a shorter one. Appends and syncs may come from any thread.
 */
public final class RecordLog implements AutoCloseable {

  /** Follows the name of a log that is to take another's place. */
  static final String FRESH = ".new";

  /** A log is shortened when it is so many times as long as it needs to be. */
  private static final int GROWTH_FACTOR = 4;

  private static final int FRAME_BYTES = RecordReader.FRAME_BYTES;

  private final Disk disk;
  private Path path;
  private final MemorySegment memory;
  private final ByteBuffer buffer;
  private final CRC32C crc = new CRC32C();
  private final Object syncLock = new Object();
  private final int maxRecordBytes;
  private final long preallocateBytes;
  private int fd;
  private FileHeader header;

  /** The place in the file behind the last record. */
  private long end;

  private long allocated;
  private volatile long position;
  private volatile long synced;
  private volatile boolean failed;
  private volatile boolean closed;

  private RecordLog(
      Disk disk,
      Path path,
      int fd,
      FileHeader header,
      long end,
      int maxRecordBytes,
      long preallocateBytes) {
    this.disk = disk;
    this.path = path;
    this.fd = fd;
    this.header = header;
    this.end = end;
    this.allocated = end;
    this.position = end + header.origin();
    this.maxRecordBytes = maxRecordBytes;
    this.preallocateBytes = preallocateBytes;
    this.memory = Arena.ofAuto().allocate(maxRecordBytes + FRAME_BYTES);
    this.buffer = memory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * @param magic eight ASCII characters
   * @param preallocateBytes zeros kept written ahead of the end, which makes a sync cheaper
   */
  static RecordLog create(
      Disk disk, Path path, String magic, UUID id, int maxRecordBytes, long preallocateBytes) {
    int fd = openOrThrow(disk, path, Posix.O_RDWR | Posix.O_CREAT | Posix.O_TRUNC);
    FileHeader header = FileHeader.fresh(magic, id);
    RecordLog log =
        new RecordLog(
            disk,
            path,
            fd,
            header,
            FileHeader.BYTES,
            Math.max(maxRecordBytes, FileHeader.BYTES),
            preallocateBytes);
    int written = log.writeHeader(header);
    if (written < 0) {
      log.close();
      var _ = disk.unlink(path);
      throw StoreFiles.failure("write", path, written);
    }
    return log;
  }

  private synchronized int writeHeader(FileHeader next) {
    buffer.clear().put(next.encode());
    long written = disk.pwrite(fd, memory.address(), FileHeader.BYTES, 0);
    if (written < 0) {
      return (int) written;
    }
    header = next;
    return 0;
  }

  /** Reads every record, repairs the tail that the way of ending permits, and goes on behind it. */
  static RecordLog open(
      Disk disk,
      Path path,
      String magic,
      UUID id,
      int maxRecordBytes,
      RecordReader.Tail tail,
      RecordReader.Visitor visitor) {
    RecordReader reader = RecordReader.open(disk, path, maxRecordBytes);
    reader.header(magic).requireId(RecordReader.shortName(path), id);
    RecordReader.Content content = reader.read(magic, tail, visitor);
    return open(disk, path, content.header(), content.end(), maxRecordBytes);
  }

  /** Goes on at a place in the file; what lies behind it is cut off. */
  private static RecordLog open(
      Disk disk, Path path, FileHeader header, long end, int maxRecordBytes) {
    int fd = openOrThrow(disk, path, Posix.O_RDWR);
    int result = disk.truncate(fd, end);
    if (result < 0) {
      var _ = disk.close(fd);
      throw StoreFiles.failure("repair", path, result);
    }
    return new RecordLog(disk, path, fd, header, end, maxRecordBytes, 0);
  }

  private static int openOrThrow(Disk disk, Path path, int flags) {
    int fd = disk.open(path, flags);
    if (fd < 0) {
      throw StoreFiles.failure("open", path, fd);
    }
    return fd;
  }

  /**
   * Appends a record and returns the offset behind it, or a negated errno and nothing is changed.
   */
  public synchronized long append(Consumer<ByteBuffer> record) {
    if (closed) {
      return -Errno.EIO;
    }
    buffer.clear().position(FRAME_BYTES);
    record.accept(buffer);
    buffer.flip();
    int length = buffer.limit() - FRAME_BYTES;
    buffer.putInt(0, length);
    buffer.putInt(4, RecordReader.crc(crc, end, buffer.slice(FRAME_BYTES, length)));
    long written = disk.pwrite(fd, memory.address(), buffer.limit(), end);
    if (written < 0) {
      var _ = disk.truncate(fd, end);
      allocated = end;
      return written;
    }
    end += buffer.limit();
    position = end + header.origin();
    if (preallocateBytes > 0 && end > allocated) {
      writeZerosAhead();
    }
    return position;
  }

  /** Failing to do this costs speed, not correctness. */
  private void writeZerosAhead() {
    long bytes = Math.min(preallocateBytes, memory.byteSize());
    memory.asSlice(0, bytes).fill((byte) 0);
    long at = end;
    while (at < end + preallocateBytes && disk.pwrite(fd, memory.address(), bytes, at) == bytes) {
      at += bytes;
    }
    allocated = Math.max(allocated, at);
  }

  /** The offset behind the last record. */
  public long position() {
    return position;
  }

  /** At which offset it is worth looking whether the log can be shorter. */
  synchronized long growthLimit(long growthBytes) {
    long least = header.sureEnd();
    return header.origin() + least + Math.max(growthBytes, GROWTH_FACTOR * least);
  }

  /** Everything before this offset is durable. */
  long synced() {
    return synced;
  }

  /** Makes everything before the offset durable; 0 or a negated errno. */
  public int sync(long offset) {
    if (synced >= offset) {
      return 0;
    }
    synchronized (syncLock) {
      if (synced >= offset) {
        return 0;
      }
      if (failed || closed) {
        return -Errno.EIO;
      }
      long covered = position;
      int result = disk.fdatasync(fd);
      if (result < 0) {
        failed = true;
        return result;
      }
      synced = covered;
      return 0;
    }
  }

  /** Makes all of a new file durable, and that it is whole a part of it; 0 or a negated errno. */
  int finish(long stateEnd) {
    FileHeader whole = new FileHeader(header.magic(), header.id(), header.origin(), end, stateEnd);
    int result = writeHeader(whole);
    return result < 0 ? result : sync(position);
  }

  /**
   * Replaces the records before an offset by others that say the same; 0 or a negated errno, and
   * then nothing is changed. Nobody else does so meanwhile.
   *
   * @param beginning appends the other records to the log given; 0 or a negated errno
   */
  int replaceBeginning(long before, ToIntFunction<RecordLog> beginning) {
    Path beside = path.resolveSibling(path.getFileName() + FRESH);
    RecordLog fresh = create(disk, beside, header.magic(), header.id(), maxRecordBytes, 0);
    int result = beginning.applyAsInt(fresh);
    if (result >= 0 && fresh.end > (before - header.origin()) / 2) {
      result = -Errno.EFBIG;
    }
    result = result < 0 ? result : takePlace(fresh, before);
    if (result < 0) {
      fresh.close();
      var _ = disk.unlink(beside);
    }
    return result;
  }

  private int takePlace(RecordLog fresh, long before) {
    long origin = before - fresh.end;
    int result =
        fresh.writeHeader(new FileHeader(header.magic(), header.id(), origin, fresh.end, 0));
    long copied = position;
    result = result < 0 ? result : copy(before, copied, fresh);
    result = result < 0 ? result : disk.fdatasync(fresh.fd);
    if (result < 0) {
      return result;
    }
    synchronized (syncLock) {
      synchronized (this) {
        if (failed || closed) {
          return -Errno.EIO;
        }
        result = copy(copied, position, fresh);
        result = result < 0 ? result : disk.fdatasync(fresh.fd);
        result = result < 0 ? result : disk.rename(fresh.path, path);
        if (result < 0) {
          return result;
        }
        adopt(fresh);
        return 0;
      }
    }
  }

  /** From here on the new file is the log, under the old one's name. */
  private void adopt(RecordLog fresh) {
    var _ = disk.close(fd);
    fd = fresh.fd;
    header = fresh.header;
    end = fresh.end;
    allocated = end;
    Path directory = path.getParent();
    if (directory == null || disk.syncDirectory(directory) < 0) {
      // Which of the two has the name after a power loss is open, so neither can be relied on.
      failed = true;
    } else {
      synced = position;
    }
  }

  /** Appends the records between two offsets to another log. */
  private int copy(long from, long to, RecordLog target) {
    if (from == to) {
      return 0;
    }
    try (Arena arena = Arena.ofShared()) {
      MemorySegment read = arena.allocate(to - from);
      long got = disk.pread(fd, read.address(), to - from, from - header.origin());
      if (got != to - from) {
        return got < 0 ? (int) got : -Errno.EIO;
      }
      ByteBuffer records = read.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      for (int at = 0; at < records.limit(); at += FRAME_BYTES + records.getInt(at)) {
        ByteBuffer payload = records.slice(at + FRAME_BYTES, records.getInt(at));
        long appended = target.append(out -> out.put(payload));
        if (appended < 0) {
          return (int) appended;
        }
      }
      return 0;
    }
  }

  /** Gives the file another name; 0 or a negated errno. */
  int rename(Path to) {
    int result = disk.rename(path, to);
    if (result >= 0) {
      path = to;
    }
    return result;
  }

  /** Appends and syncs fail from now on. */
  @Override
  public void close() {
    synchronized (syncLock) {
      synchronized (this) {
        if (!closed) {
          closed = true;
          var _ = disk.close(fd);
        }
      }
    }
  }
}
