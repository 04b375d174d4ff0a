package dev.coppice.branches.engine;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a cluster's {@code global/pg_control} says of its last end. The layout of its first 20 bytes
 * is that of {@code src/include/catalog/pg_control.h}, the same in every major since 8.3.
 */
public final class ControlFile {

  private static final int STATE_OFFSET = 16;

  /** {@code DB_SHUTDOWNED}. */
  private static final int SHUT_DOWN = 1;

  private ControlFile() {}

  /** False where the next start has to recover, or where the file does not say. */
  public static boolean cleanlyShutDown(Path data) {
    byte[] start = new byte[STATE_OFFSET + Integer.BYTES];
    try (DataInputStream file =
        new DataInputStream(Files.newInputStream(data.resolve("global/pg_control")))) {
      file.readFully(start);
    } catch (IOException _) {
      return false; // The engine will say what is wrong with it.
    }
    return ByteBuffer.wrap(start).order(ByteOrder.nativeOrder()).getInt(STATE_OFFSET) == SHUT_DOWN;
  }
}
