package dev.coppice.providers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Recognises that the local engine, not the source, is at its end. */
final class EngineFailure {

  private static final String DISK_FULL_STATE = "53100";

  private static final long TWO_LOG_SEGMENTS_BYTES = 2 * 16 * 1024 * 1024;

  private EngineFailure() {}

  static boolean diskFull(@Nullable Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && DISK_FULL_STATE.equals(sql.getSQLState())) {
        return true;
      }
      if (diskFull(String.valueOf(cause.getMessage()))) {
        return true;
      }
    }
    return false;
  }

  static boolean diskFull(String message) {
    return message.toLowerCase(Locale.ROOT).contains("no space left on device");
  }

  /** Out of resources, shut down, or gone: trying something else is of no use. */
  static boolean isLocal(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return state.startsWith("53")
        || state.startsWith("57")
        || state.startsWith("58")
        || state.startsWith("08");
  }

  /**
   * An engine that cannot write its log shuts down without saying so to its clients; what is left
   * of its disk tells.
   */
  static Exception explain(SQLException e, Path dataDirectory) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (state.startsWith("08") || state.startsWith("57")) {
      // Also 0 for what is no folder of this machine.
      boolean known = Files.isDirectory(dataDirectory);
      if (known && dataDirectory.toFile().getUsableSpace() < TWO_LOG_SEGMENTS_BYTES) {
        return localDiskFull(e);
      }
    }
    return e;
  }

  static SourceException localDiskFull(Throwable cause) {
    return new SourceException(
        SourceFailure.LOCAL_DISK_FULL,
        "The disk of the local engine is full; the base is incomplete.",
        "Free space, or use a data directory on a larger disk, and pull again.",
        cause);
  }
}
