package dev.coppice.branches.engine;

import dev.coppice.storage.FileView;
import dev.coppice.storage.LogDirectory;
import dev.coppice.storage.LogPart;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Postgres's {@code pg_wal}. A new state needs its log from the redo point of its last checkpoint
 * on, to wherever it was written: that is up to the first page which does not bear its own position
 * (a segment that is recycled keeps its former content until it is written over). The layout of
 * pages is that of {@code src/include/access/xlog_internal.h}, that of the control file's beginning
 * that of {@code src/include/catalog/pg_control.h}; both are the same in majors 13 to 18.
 */
public final class WriteAheadLog implements LogDirectory {

  /** The directory's name. */
  public static final String NAME = "pg_wal";

  private static final String SLOTS = "pg_replslot";
  private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}");

  /** {@code ControlFileData.checkPointCopy.redo}. */
  private static final int REDO_OFFSET = 40;

  /** {@code XLogLongPageHeaderData}, which the first page of a segment begins with. */
  private static final int LONG_HEADER_BYTES = 40;

  private static final int INFO_OFFSET = 2;
  private static final int LONG_HEADER = 0x0002;
  private static final int ADDRESS_OFFSET = 8;
  private static final int SEGMENT_SIZE_OFFSET = 32;
  private static final int PAGE_SIZE_OFFSET = 36;
  private static final int CHUNK_BYTES = 256 * 1024;

  /** The first page of a segment, where it is that segment's own. */
  private record Segment(String file, long start, int bytes, int pageBytes, short magic) {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public List<LogPart> needed(FileView state, FileView log) {
    long from = neededFrom(state);
    List<LogPart> parts = new ArrayList<>();
    addFiles(log, "", from, parts);
    return parts;
  }

  /** A position in the log; the earliest of all if that cannot be told. */
  private static long neededFrom(FileView state) {
    byte[] control = state.read(ControlFile.NAME, 0, REDO_OFFSET + Long.BYTES);
    boolean slots = !state.names(SLOTS).isEmpty();
    return slots || control.length < REDO_OFFSET + Long.BYTES
        ? 0
        : ByteBuffer.wrap(control).order(ByteOrder.nativeOrder()).getLong(REDO_OFFSET);
  }

  private static void addFiles(FileView log, String directory, long from, List<LogPart> parts) {
    for (String name : log.names(directory)) {
      String path = directory.isEmpty() ? name : directory + "/" + name;
      if (log.isDirectory(path)) {
        addFiles(log, path, from, parts);
      } else if (directory.isEmpty() && SEGMENT.matcher(name).matches()) {
        segment(log, name).ifPresent(segment -> addSegment(log, segment, from, parts));
      } else {
        parts.add(new LogPart(path, 0, log.size(path)));
      }
    }
  }

  /** Empty for a segment that nothing was written to yet. */
  private static Optional<Segment> segment(FileView log, String file) {
    byte[] start = log.read(file, 0, LONG_HEADER_BYTES);
    if (start.length < LONG_HEADER_BYTES) {
      return Optional.empty();
    }
    ByteBuffer header = ByteBuffer.wrap(start).order(ByteOrder.nativeOrder());
    int bytes = header.getInt(SEGMENT_SIZE_OFFSET);
    int pageBytes = header.getInt(PAGE_SIZE_OFFSET);
    if ((header.getShort(INFO_OFFSET) & LONG_HEADER) == 0
        || Integer.bitCount(bytes) != 1
        || Integer.bitCount(pageBytes) != 1
        || pageBytes > bytes) {
      return Optional.empty();
    }
    long high = Long.parseLong(file.substring(8, 16), 16);
    long low = Long.parseLong(file.substring(16), 16);
    long start64 = (high << 32) + low * bytes;
    return header.getLong(ADDRESS_OFFSET) == start64
        ? Optional.of(new Segment(file, start64, bytes, pageBytes, header.getShort(0)))
        : Optional.empty();
  }

  private static void addSegment(FileView log, Segment segment, long from, List<LogPart> parts) {
    if (segment.start + segment.bytes <= from) {
      return;
    }
    long first = Math.max(0, from - segment.start) / segment.pageBytes * segment.pageBytes;
    long end = writtenEnd(log, segment, first);
    // Whoever reads any page of a segment checks its first one.
    parts.add(new LogPart(segment.file, 0, segment.pageBytes));
    if (end > first) {
      parts.add(new LogPart(segment.file, first, end - first));
    }
  }

  /** Where the pages from one on end that bear their own position. */
  private static long writtenEnd(FileView log, Segment segment, long first) {
    long at = first;
    while (at < segment.bytes) {
      byte[] bytes = log.read(segment.file, at, (int) Math.min(CHUNK_BYTES, segment.bytes - at));
      ByteBuffer pages = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
      int inChunk = 0;
      while (inChunk + segment.pageBytes <= bytes.length
          && pages.getShort(inChunk) == segment.magic
          && pages.getLong(inChunk + ADDRESS_OFFSET) == segment.start + at + inChunk) {
        inChunk += segment.pageBytes;
      }
      at += inChunk;
      if (inChunk < CHUNK_BYTES) {
        return at;
      }
    }
    return at;
  }
}
