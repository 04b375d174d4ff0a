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
 * pages is that of {@code src/include/access/xlog_internal.h}, the same in majors 13 to 18.
 */
public final class WriteAheadLog implements LogDirectory {

  /** The directory's name. */
  public static final String NAME = "pg_wal";

  private static final String SLOTS = "pg_replslot";
  private static final Pattern SEGMENT = Pattern.compile("[0-9A-F]{24}");

  /** {@code XLogLongPageHeaderData}, which the first page of a segment begins with. */
  private static final int LONG_HEADER_BYTES = 40;

  /** The part of {@code XLogPageHeaderData} that says where a page belongs. */
  private static final int SHORT_HEADER_BYTES = 16;

  private static final int INFO_OFFSET = 2;
  private static final int LONG_HEADER = 0x0002;
  private static final int ADDRESS_OFFSET = 8;
  private static final int SEGMENT_SIZE_OFFSET = 32;
  private static final int PAGE_SIZE_OFFSET = 36;

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

  /**
   * How much an engine would have to replay if it crashed now.
   *
   * @param control the beginning of its control file
   * @param log where its segments are
   * @throws dev.coppice.storage.StorageException if they cannot be read
   */
  public static long bytesToReplay(byte[] control, FileView log) {
    long from = ControlFile.redoPoint(control);
    long end = from;
    for (String name : log.names("")) {
      if (SEGMENT.matcher(name).matches()) {
        Optional<Segment> segment = segment(log, name);
        if (segment.isPresent() && segment.get().start + segment.get().bytes > end) {
          long first = Math.max(0, end - segment.get().start);
          end = segment.get().start + writtenEnd(log, segment.get(), first);
        }
      }
    }
    return Math.max(0, end - from);
  }

  /** A position in the log; the earliest of all if that cannot be told. */
  private static long neededFrom(FileView state) {
    byte[] control = state.read(ControlFile.NAME, 0, ControlFile.BYTES);
    return state.names(SLOTS).isEmpty() ? ControlFile.redoPoint(control) : 0;
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

  /**
   * Where the pages from one on end that bear their own position: there is a page there that does
   * not, and since they are written one after the other, no more is behind it, but what a crash may
   * have left.
   */
  private static long writtenEnd(FileView log, Segment segment, long first) {
    long written = first / segment.pageBytes - 1;
    long unwritten = segment.bytes / segment.pageBytes;
    while (written + 1 < unwritten) {
      long page = (written + unwritten) >>> 1;
      if (bearsItsPosition(log, segment, page * segment.pageBytes)) {
        written = page;
      } else {
        unwritten = page;
      }
    }
    return unwritten * segment.pageBytes;
  }

  private static boolean bearsItsPosition(FileView log, Segment segment, long at) {
    byte[] bytes = log.read(segment.file, at, SHORT_HEADER_BYTES);
    ByteBuffer page = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    return bytes.length == SHORT_HEADER_BYTES
        && page.getShort(0) == segment.magic
        && page.getLong(ADDRESS_OFFSET) == segment.start + at;
  }
}
