package dev.coppice.branches.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a cluster's {@code global/pg_control} says of its last end. The layout of its first 20 bytes
 * is that of {@code src/include/catalog/pg_control.h}, the same in every major since 8.3, and that
 * of the 28 behind them the same in majors 13 to 18.
 */
public final class ControlFile {

  public static final String NAME = "global/pg_control";

  /** How much of its beginning matters here. */
  public static final int BYTES = 48;

  private static final int STATE_OFFSET = 16;

  /** {@code ControlFileData.checkPointCopy.redo}. */
  private static final int REDO_OFFSET = 40;

  /** {@code DB_SHUTDOWNED}. */
  private static final int SHUT_DOWN = 1;

  private ControlFile() {}

  /** False where the next start has to recover, or where the file does not say. */
  public static boolean cleanlyShutDown(byte[] start) {
    return start.length >= BYTES
        && ByteBuffer.wrap(start).order(ByteOrder.nativeOrder()).getInt(STATE_OFFSET) == SHUT_DOWN;
  }

  /** Where in the log the next recovery would begin; 0 where the file does not say. */
  static long redoPoint(byte[] start) {
    return start.length >= BYTES
        ? ByteBuffer.wrap(start).order(ByteOrder.nativeOrder()).getLong(REDO_OFFSET)
        : 0;
  }
}
