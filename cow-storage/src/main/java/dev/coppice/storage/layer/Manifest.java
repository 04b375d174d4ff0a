package dev.coppice.storage.layer;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What a frozen layer consists of: its difference from the layer below, then the checksum of each
 * of its pages. Written once, when all that it speaks of is durable.
 *
 * @param parent the layer below
 * @param logEnd where the layer's log had ended
 * @param state what the layer changes
 */
record Manifest(@Nullable UUID parent, long logEnd, List<StateRecord> state) {

  static final String FILE = "manifest";
  private static final String FRESH = "manifest.new";
  private static final String MAGIC = "COPMANIF";
  private static final int BUFFER_PAGES = 64;

  static Path path(Layer layer) {
    return layer.directory().resolve(FILE);
  }

  /**
   * Describes a frozen layer whose data is durable; 0 or a negated errno.
   *
   * @param cancelled asked again and again whether to give up ({@code ECANCELED})
   */
  static int write(Layer layer, FileTree start, FileTree end, BooleanSupplier cancelled) {
    Disk disk = layer.disk();
    Path fresh = layer.directory().resolve(FRESH);
    try (RecordLog log =
        RecordLog.create(disk, fresh, MAGIC, layer.id(), Layer.MAX_RECORD_BYTES, 0)) {
      int result = write(layer, start, end, log, cancelled);
      result = result < 0 ? result : disk.rename(fresh, path(layer));
      if (result < 0) {
        var _ = disk.unlink(fresh);
        return result;
      }
      return disk.syncDirectory(layer.directory());
    }
  }

  private static int write(
      Layer layer, FileTree start, FileTree end, RecordLog log, BooleanSupplier cancelled) {
    Layer parent = layer.parent();
    long begun =
        log.append(
            new StateRecord.ManifestBegun(
                    parent == null ? null : parent.id(), layer.life().frozenEnd())
                ::encode);
    int result = begun < 0 ? (int) begun : LayerState.append(layer, start, end, log);
    if (result < 0) {
      return result;
    }
    long stateEnd = log.position();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate((long) BUFFER_PAGES << Page.SHIFT);
      for (HeldPages held : HeldPages.of(layer, start, end).values()) {
        result = appendChecksums(held, log, buffer, cancelled);
        if (result < 0) {
          return result;
        }
      }
    }
    return log.finish(stateEnd);
  }

  private static int appendChecksums(
      HeldPages held, RecordLog log, MemorySegment buffer, BooleanSupplier cancelled) {
    Delta delta = held.delta();
    int fd = delta.acquire();
    if (fd < 0) {
      return fd;
    }
    try {
      for (HeldPages.Run run : held.runs()) {
        long page = run.first();
        long end = run.end();
        while (page < end) {
          if (cancelled.getAsBoolean()) {
            return -Errno.ECANCELED;
          }
          int[] sums = new int[(int) Math.min(end - page, StateRecord.PageChecksums.MAX)];
          int result = checksums(delta.disk(), fd, page, sums, buffer);
          if (result < 0) {
            return result;
          }
          long appended =
              log.append(
                  new StateRecord.PageChecksums(
                          delta.fileId(), page, Arrays.stream(sums).boxed().toList())
                      ::encode);
          if (appended < 0) {
            return (int) appended;
          }
          page += sums.length;
        }
      }
      return 0;
    } finally {
      delta.release();
    }
  }

  /** Computes the checksums of neighbouring pages of an open delta; 0 or a negated errno. */
  static int checksums(Disk disk, int fd, long firstPage, int[] sums, MemorySegment buffer) {
    CRC32C crc = new CRC32C();
    int bufferPages = (int) (buffer.byteSize() >> Page.SHIFT);
    for (int done = 0; done < sums.length; done += bufferPages) {
      int pages = Math.min(bufferPages, sums.length - done);
      long bytes = (long) pages << Page.SHIFT;
      long got = disk.pread(fd, buffer.address(), bytes, (firstPage + done) << Page.SHIFT);
      if (got != bytes) {
        return got < 0 ? (int) got : -Errno.EIO;
      }
      ByteBuffer content = buffer.asByteBuffer();
      for (int i = 0; i < pages; i++) {
        crc.reset();
        crc.update(content.slice(i << Page.SHIFT, Page.BYTES));
        sums[done + i] = (int) crc.getValue();
      }
    }
    return 0;
  }

  /** Reads what the layer changes, and not the checksums. */
  static Manifest read(Disk disk, Path path, UUID layer) {
    RecordReader begun = RecordReader.open(disk, path, Layer.MAX_RECORD_BYTES, FileHeader.BYTES);
    FileHeader header = begun.header(MAGIC);
    header.requireId(RecordReader.shortName(path), layer);
    List<StateRecord> records = new ArrayList<>();
    RecordReader.open(disk, path, Layer.MAX_RECORD_BYTES, header.stateEnd())
        .readBeginning(
            MAGIC,
            header.stateEnd(),
            (payload, end) -> {
              if (LayerRecord.decode(payload) instanceof StateRecord record) {
                records.add(record);
              }
            });
    if (records.isEmpty() || !(records.getFirst() instanceof StateRecord.ManifestBegun first)) {
      throw new CorruptStoreException(
          RecordReader.shortName(path), FileHeader.BYTES, "a manifest", "other records");
    }
    return new Manifest(first.parent(), first.logEnd(), records);
  }

  /** Reads all of it, checksums included. */
  static void readAll(Disk disk, Path path, UUID layer, RecordReader.Visitor visitor) {
    RecordReader reader = RecordReader.open(disk, path, Layer.MAX_RECORD_BYTES);
    reader.header(MAGIC).requireId(RecordReader.shortName(path), layer);
    var _ = reader.read(MAGIC, RecordReader.Tail.KILLED, visitor);
  }

  /** Removes what an attempt to write one left behind; 0 or a negated errno. */
  static int removeLeftOver(Layer layer) {
    int result = layer.disk().unlink(layer.directory().resolve(FRESH));
    return result == -Errno.ENOENT ? 0 : result;
  }
}
