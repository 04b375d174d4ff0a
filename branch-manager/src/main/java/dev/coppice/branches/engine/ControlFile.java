package dev.coppice.branches.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a cluster's {@code global/pg_control} says of its last end. The layout of its first 20 bytes
 * is that of {@code src/include/catalog/pg_control.h}, the same in every major since 8.3.
 */
public final class ControlFile {

  public static final String NAME = "global/pg_control";

  /** How much of its beginning matters here. */
  public static final int BYTES = 20;

  private static final int STATE_OFFSET = 16;

  /** {@code DB_SHUTDOWNED}. */
  private static final int SHUT_DOWN = 1;

  private ControlFile() {}

  /** False where the next start has to recover, or where the file does not say. */
  public static boolean cleanlyShutDown(byte[] start) {
    return start.length >= BYTES
        && ByteBuffer.wrap(start).order(ByteOrder.nativeOrder()).getInt(STATE_OFFSET) == SHUT_DOWN;
  }
}
