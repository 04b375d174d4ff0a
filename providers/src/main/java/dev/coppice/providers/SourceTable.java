package dev.coppice.providers;

import java.util.List;

/**
 * A table whose rows are copied.
 *
 * @param columns its columns that are stored and not generated, quoted, in their order
 * @param condition the WHERE clause of an extension's configuration table, else empty
 * @param configuration whether it belongs to an extension, which may have put rows of its own there
 * @param binaryTypes whether the binary form of all its columns is the same in all majors
 * @param blocks pages of its main fork
 * @param rowsEstimate the planner's count, never negative
 * @param bytesEstimate on disk, with what is stored out of line
 */
record SourceTable(
    String schema,
    String name,
    List<String> columns,
    String condition,
    boolean configuration,
    boolean heap,
    boolean binaryTypes,
    long blocks,
    long rowsEstimate,
    long bytesEstimate) {

  /** Below this a new file costs more than what {@code FREEZE} saves: the log and another pass. */
  private static final long SMALL_BYTES = 512 * 1024;

  private static final int FIRST_MAJOR_WITH_TID_RANGE_SCANS = 14;

  private static final long BLOCK_BYTES = 8192;

  SourceTable {
    columns = List.copyOf(columns);
  }

  String quoted() {
    return SqlText.identifier(schema, name);
  }

  String readable() {
    return SqlText.readable(schema, name);
  }

  String columnList() {
    return columns.isEmpty() ? "" : " (" + String.join(", ", columns) + ")";
  }

  /** Whether its rows travel in COPY's binary format, else as text. */
  boolean binary() {
    return binaryTypes && !columns.isEmpty();
  }

  /**
   * Whether it is truncated and filled in one transaction, so that its rows are frozen from the
   * start and with {@code wal_level=minimal} are not logged. Others are vacuumed later.
   */
  boolean filledFrozen() {
    return !configuration && bytesEstimate > SMALL_BYTES;
  }

  /** How many ranges of pages it is read in. */
  int chunks(int sourceMajor, ChunkSize size) {
    boolean whole =
        !heap
            || configuration
            || columns.isEmpty()
            || sourceMajor < FIRST_MAJOR_WITH_TID_RANGE_SCANS
            || blocks <= 2 * chunkBlocks(size);
    return whole ? 1 : Math.toIntExact((blocks + chunkBlocks(size) - 1) / chunkBlocks(size));
  }

  /** Pages point to what is stored out of line, so one of them can stand for many megabytes. */
  private long chunkBlocks(ChunkSize size) {
    long bytesOfBlock = Math.max(BLOCK_BYTES, bytesEstimate / Math.max(1, blocks));
    return Math.max(1, size.bytes() / bytesOfBlock);
  }

  /** The COPY that reads one of its chunks; the last one has no upper bound. */
  String copyOut(int chunk, int chunks, ChunkSize size) {
    if (chunks == 1 && condition.isEmpty()) {
      return "COPY " + quoted() + columnList() + " TO STDOUT (FORMAT " + format() + ")";
    }
    StringBuilder sql =
        new StringBuilder("COPY (SELECT ")
            .append(String.join(", ", columns))
            .append(" FROM ONLY ")
            .append(quoted());
    if (chunks == 1) {
      sql.append(' ').append(condition);
    } else {
      sql.append(" WHERE ctid >= '(").append(chunk * chunkBlocks(size)).append(",0)'");
      if (chunk + 1 < chunks) {
        sql.append(" AND ctid < '(").append((chunk + 1) * chunkBlocks(size)).append(",0)'");
      }
    }
    return sql.append(") TO STDOUT (FORMAT ").append(format()).append(')').toString();
  }

  String copyIn() {
    String freeze = filledFrozen() ? ", FREEZE" : "";
    return "COPY "
        + quoted()
        + columnList()
        + " FROM STDIN"
        + " (FORMAT "
        + format()
        + freeze
        + ")";
  }

  private String format() {
    return binary() ? "binary" : "text";
  }
}
