package dev.coppice.storage.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * An append-only file of checksummed records. A record's checksum covers its own offset, so that
 * nothing stale can pass for a record. Appends and syncs may come from any thread.
 */
public final class RecordLog implements AutoCloseable {

  public static final int HEADER_BYTES = 64;
  private static final int VERSION = 1;
  private static final int FRAME_BYTES = 8;
  private static final int CRC_OFFSET = 60;

  /** How a log may end when it is read again. */
  public enum Tail {
    /** The writer may have been killed in an append: one torn record, with nothing behind it. */
    KILLED,
    /** The machine may have gone down: whatever was not synced may be missing or torn. */
    POWER_LOST
  }

  /** Sees each record and the offset behind it. */
  public interface Reader {
    void see(ByteBuffer payload, long endOffset);
  }

  private final Disk disk;
  private final Path path;
  private final String name;
  private final int fd;
  private final MemorySegment memory;
  private final ByteBuffer buffer;
  private final CRC32C crc = new CRC32C();
  private final Object syncLock = new Object();
  private final long preallocateBytes;
  private long allocated;
  private volatile long position;
  private volatile long synced;
  private volatile boolean failed;
  private volatile boolean closed;

  private RecordLog(
      Disk disk,
      Path path,
      int fd,
      long position,
      long allocated,
      int maxRecordBytes,
      long preallocateBytes) {
    this.disk = disk;
    this.path = path;
    this.name = path.getFileName().toString();
    this.fd = fd;
    this.position = position;
    this.allocated = allocated;
    this.preallocateBytes = preallocateBytes;
    this.memory = Arena.ofAuto().allocate(maxRecordBytes + FRAME_BYTES);
    this.buffer = memory.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * @param magic eight ASCII characters
   * @param preallocateBytes zeros kept written ahead of the end, which makes a sync cheaper
   */
  public static RecordLog create(
      Disk disk, Path path, String magic, UUID id, int maxRecordBytes, long preallocateBytes) {
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    header.put(magic.getBytes(US_ASCII));
    header.putInt(VERSION).putInt(0);
    header.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    header.putInt(CRC_OFFSET, headerCrc(header));
    int fd = openOrThrow(disk, path, Posix.O_RDWR | Posix.O_CREAT | Posix.O_TRUNC);
    long written;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(HEADER_BYTES);
      memory.copyFrom(MemorySegment.ofArray(header.array()));
      written = disk.pwrite(fd, memory.address(), HEADER_BYTES, 0);
    }
    if (written < 0) {
      var _ = disk.close(fd);
      throw StoreFiles.failure("write", path, written);
    }
    return new RecordLog(
        disk, path, fd, HEADER_BYTES, HEADER_BYTES, maxRecordBytes, preallocateBytes);
  }

  /** Reads every record, repairs the tail that the way of ending permits, and goes on behind it. */
  public static RecordLog open(
      Disk disk,
      Path path,
      String magic,
      UUID id,
      int maxRecordBytes,
      long preallocateBytes,
      Tail tail,
      Reader records) {
    long end = read(disk, path, magic, id, maxRecordBytes, tail, records);
    int fd = openOrThrow(disk, path, Posix.O_RDWR);
    int result = disk.truncate(fd, end);
    if (result < 0) {
      var _ = disk.close(fd);
      throw StoreFiles.failure("repair", path, result);
    }
    return new RecordLog(disk, path, fd, end, end, maxRecordBytes, preallocateBytes);
  }

  private static int openOrThrow(Disk disk, Path path, int flags) {
    int fd = disk.open(path, flags);
    if (fd < 0) {
      throw StoreFiles.failure("open", path, fd);
    }
    return fd;
  }

  /** Reads every record and returns the offset behind the last one. */
  public static long read(
      Disk disk, Path path, String magic, UUID id, int maxRecordBytes, Tail tail, Reader records) {
    ByteBuffer bytes = content(disk, path, Integer.MAX_VALUE);
    String name = path.getFileName().toString();
    checkHeader(name, bytes, magic, id);
    CRC32C crc = new CRC32C();
    int at = HEADER_BYTES;
    while (isRecord(bytes, at, maxRecordBytes, crc)) {
      int length = bytes.getInt(at);
      ByteBuffer payload = bytes.slice(at + FRAME_BYTES, length).order(ByteOrder.LITTLE_ENDIAN);
      try {
        records.see(payload, at + FRAME_BYTES + length);
      } catch (IllegalArgumentException | IllegalStateException | BufferUnderflowException e) {
        throw new CorruptStoreException(
            name, at, "a meaningful record", String.valueOf(e.getMessage()));
      }
      at += FRAME_BYTES + length;
    }
    if (tail == Tail.KILLED) {
      for (int later = at + 1; later < bytes.limit() - FRAME_BYTES; later++) {
        if (isRecord(bytes, later, maxRecordBytes, crc)) {
          throw new CorruptStoreException(
              name, at, "a record", "damage, with a sound record behind it at " + later);
        }
      }
    }
    return at;
  }

  private static boolean isRecord(ByteBuffer bytes, int at, int maxRecordBytes, CRC32C crc) {
    if (at + FRAME_BYTES > bytes.limit()) {
      return false;
    }
    int length = bytes.getInt(at);
    if (length <= 0 || length > maxRecordBytes || length > bytes.limit() - at - FRAME_BYTES) {
      return false;
    }
    return bytes.getInt(at + 4) == recordCrc(crc, at, bytes.slice(at + FRAME_BYTES, length));
  }

  private static int recordCrc(CRC32C crc, long offset, ByteBuffer payload) {
    crc.reset();
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      crc.update((int) (offset >>> shift));
    }
    crc.update(payload);
    return (int) crc.getValue();
  }

  private static int headerCrc(ByteBuffer header) {
    CRC32C crc = new CRC32C();
    crc.update(header.slice(0, CRC_OFFSET));
    return (int) crc.getValue();
  }

  private static void checkHeader(String name, ByteBuffer bytes, String magic, UUID id) {
    if (bytes.limit() < HEADER_BYTES) {
      throw new CorruptStoreException(name, 0, "a header", bytes.limit() + " bytes");
    }
    byte[] found = new byte[magic.length()];
    bytes.get(0, found);
    String foundMagic = new String(found, ISO_8859_1);
    if (!foundMagic.equals(magic)) {
      throw new CorruptStoreException(name, 0, magic, foundMagic);
    }
    int version = bytes.getInt(magic.length());
    if (version > VERSION) {
      throw new StorageException(
          StorageFailure.STORE_TOO_NEW,
          "%s has format version %d, this program reads %d".formatted(name, version, VERSION),
          "Open the store with the newer Coppice that wrote it.");
    }
    if (version < VERSION) {
      throw new StorageException(
          StorageFailure.STORE_TOO_OLD,
          "%s has format version %d, this program reads %d".formatted(name, version, VERSION),
          "Open the store with an older Coppice, or create it anew.");
    }
    int crc = headerCrc(bytes);
    if (bytes.getInt(CRC_OFFSET) != crc) {
      throw new CorruptStoreException(
          name,
          CRC_OFFSET,
          Integer.toHexString(crc),
          Integer.toHexString(bytes.getInt(CRC_OFFSET)));
    }
    UUID foundId = new UUID(bytes.getLong(16), bytes.getLong(24));
    if (id.getMostSignificantBits() != 0 && !foundId.equals(id)) {
      throw new CorruptStoreException(name, 16, id.toString(), foundId.toString());
    }
  }

  /** The id in the header of a log that has not been checked yet. */
  public static UUID idOf(Disk disk, Path path) {
    ByteBuffer header = content(disk, path, HEADER_BYTES);
    if (header.limit() < HEADER_BYTES) {
      throw new CorruptStoreException(
          path.getFileName().toString(), 0, "a header", header.limit() + " bytes");
    }
    return new UUID(header.getLong(16), header.getLong(24));
  }

  private static ByteBuffer content(Disk disk, Path path, int maxBytes) {
    int fd = openOrThrow(disk, path, Posix.O_RDONLY);
    try {
      long size = disk.size(fd);
      if (size < 0) {
        throw StoreFiles.failure("read", path, size);
      }
      MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, Math.min(size, maxBytes)));
      long got = disk.pread(fd, memory.address(), Math.min(size, maxBytes), 0);
      if (got < 0) {
        throw StoreFiles.failure("read", path, got);
      }
      return memory.asSlice(0, got).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    } finally {
      var _ = disk.close(fd);
    }
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
    buffer.putInt(4, recordCrc(crc, position, buffer.slice(FRAME_BYTES, length)));
    long written = disk.pwrite(fd, memory.address(), buffer.limit(), position);
    if (written < 0) {
      var _ = disk.truncate(fd, position);
      allocated = position;
      return written;
    }
    position += buffer.limit();
    if (preallocateBytes > 0 && position > allocated) {
      writeZerosAhead();
    }
    return position;
  }

  /** Failing to do this costs speed, not correctness. */
  private void writeZerosAhead() {
    long bytes = Math.min(preallocateBytes, memory.byteSize());
    memory.asSlice(0, bytes).fill((byte) 0);
    long at = position;
    while (at < position + preallocateBytes
        && disk.pwrite(fd, memory.address(), bytes, at) == bytes) {
      at += bytes;
    }
    allocated = Math.max(allocated, at);
  }

  /** The offset behind the last record. */
  public long position() {
    return position;
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

  public Path path() {
    return path;
  }

  @Override
  public String toString() {
    return name;
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
