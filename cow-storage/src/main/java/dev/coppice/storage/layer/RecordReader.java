package dev.coppice.storage.layer;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Reads a file of checksummed records. A record's checksum covers its own place, so that nothing
 * stale can pass for a record.
 */
final class RecordReader {

  static final int FRAME_BYTES = 8;

  /** How a file may end. */
  enum Tail {
    /** The writer may have been killed in an append: one torn record, with nothing behind it. */
    KILLED,
    /** The machine may have gone down: whatever was not synced may be missing or torn. */
    POWER_LOST
  }

  /** Sees each record and the offset behind it. */
  interface Visitor {
    void see(ByteBuffer payload, long endOffset);

    /** The offset up to which the log was durable when this record was made; 0 if it tells none. */
    default long durableBefore(ByteBuffer payload) {
      return 0;
    }
  }

  private final String name;
  private final ByteBuffer bytes;
  private final int maxRecordBytes;
  private final CRC32C crc = new CRC32C();

  private RecordReader(String name, ByteBuffer bytes, int maxRecordBytes) {
    this.name = name;
    this.bytes = bytes;
    this.maxRecordBytes = maxRecordBytes;
  }

  /** What was read: the header, and the place in the file behind the last record. */
  record Content(FileHeader header, long end) {}

  /** Opens a file, as much of it as wanted. */
  static RecordReader open(Disk disk, Path path, int maxRecordBytes, long maxBytes) {
    return new RecordReader(shortName(path), content(disk, path, maxBytes), maxRecordBytes);
  }

  static RecordReader open(Disk disk, Path path, int maxRecordBytes) {
    return open(disk, path, maxRecordBytes, Integer.MAX_VALUE);
  }

  /** The file's own name and its directory's: enough to find it within the store. */
  static String shortName(Path path) {
    Path above = path.getParent();
    return above == null ? path.toString() : above.getFileName() + "/" + path.getFileName();
  }

  private static ByteBuffer content(Disk disk, Path path, long maxBytes) {
    int fd = disk.open(path, Posix.O_RDONLY);
    if (fd < 0) {
      throw StoreFiles.failure("open", path, fd);
    }
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

  FileHeader header(String magic) {
    return FileHeader.decode(name, bytes, magic);
  }

  /** Whether the header is unsound and no record tells that it was ever durable. */
  boolean neverSynced(String magic, Visitor visitor) {
    try {
      var _ = header(magic);
      return false;
    } catch (CorruptStoreException e) {
      int record = nextRecord(FileHeader.BYTES);
      while (record >= 0 && visitor.durableBefore(payload(record)) == 0) {
        record = nextRecord(record + 1);
      }
      return record < 0;
    }
  }

  /** Sees every record. */
  Content read(String magic, Tail tail, Visitor visitor) {
    FileHeader header = header(magic);
    int at = readRecords(header, visitor);
    if (at < header.sureEnd()) {
      throw new CorruptStoreException(name, at, "a record", "damage or the end of the file");
    }
    refuseDamage(at, header.origin(), tail, visitor);
    return new Content(header, at);
  }

  /** Sees the records before a place, in a file of which no more was opened. */
  void readBeginning(String magic, long end, Visitor visitor) {
    int at = readRecords(header(magic), visitor);
    if (at != end) {
      throw new CorruptStoreException(name, at, "a record", "damage or the end of the file");
    }
  }

  private int readRecords(FileHeader header, Visitor visitor) {
    int at = FileHeader.BYTES;
    while (isRecord(at)) {
      int length = bytes.getInt(at);
      try {
        visitor.see(payload(at), at + FRAME_BYTES + length + header.origin());
      } catch (IllegalArgumentException | IllegalStateException | BufferUnderflowException e) {
        throw new CorruptStoreException(
            name, at, "a meaningful record", String.valueOf(e.getMessage()));
      }
      at += FRAME_BYTES + length;
    }
    return at;
  }

  private void refuseDamage(int at, long origin, Tail tail, Visitor visitor) {
    for (int later = nextRecord(at + 1); later >= 0; later = nextRecord(later + 1)) {
      if (tail == Tail.KILLED || visitor.durableBefore(payload(later)) > at + origin) {
        throw new CorruptStoreException(
            name, at, "a record", "damage, with a sound record behind it at " + later);
      }
    }
  }

  private ByteBuffer payload(int at) {
    return bytes.slice(at + FRAME_BYTES, bytes.getInt(at)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The place of the next sound record, or -1. */
  private int nextRecord(int from) {
    for (int at = from; at < bytes.limit() - FRAME_BYTES; at++) {
      if (isRecord(at)) {
        return at;
      }
    }
    return -1;
  }

  private boolean isRecord(int at) {
    if (at + FRAME_BYTES > bytes.limit()) {
      return false;
    }
    int length = bytes.getInt(at);
    if (length <= 0 || length > maxRecordBytes || length > bytes.limit() - at - FRAME_BYTES) {
      return false;
    }
    return bytes.getInt(at + 4) == crc(crc, at, bytes.slice(at + FRAME_BYTES, length));
  }

  static int crc(CRC32C crc, long place, ByteBuffer payload) {
    crc.reset();
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      crc.update((int) (place >>> shift));
    }
    crc.update(payload);
    return (int) crc.getValue();
  }
}
