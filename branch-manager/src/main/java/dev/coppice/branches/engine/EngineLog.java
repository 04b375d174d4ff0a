package dev.coppice.branches.engine;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * What an engine writes to standard error. A file rather than a pipe, so that an engine outlives
 * its server in an orderly manner; opened for appending, so that it can be cut while in use.
 */
final class EngineLog {

  private static final long LARGEST_BYTES = 8L * 1024 * 1024;
  private static final int TAIL_BYTES = 8 * 1024;
  private static final int TAIL_LINES = 12;

  private final Path file;
  private long startedAt;

  EngineLog(Path file) {
    this.file = file;
  }

  Path file() {
    return file;
  }

  /** To be called before an engine starts. */
  void begin() {
    try {
      if (Files.exists(file) && Files.size(file) > LARGEST_BYTES) {
        Files.move(
            file,
            file.resolveSibling(file.getFileName() + ".1"),
            StandardCopyOption.REPLACE_EXISTING);
      }
      startedAt = Files.exists(file) ? Files.size(file) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The file's length; 0 if there is none. */
  long bytes() {
    return file.toFile().length();
  }

  /** Empties the file once it is too large. */
  void bound() {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      if (channel.size() > LARGEST_BYTES) {
        channel.truncate(0);
      }
    } catch (IOException e) {
      // A log that is gone needs no bounding.
    }
  }

  /** The last lines since the engine was started. */
  String tail() {
    try (RandomAccessFile log = new RandomAccessFile(file.toFile(), "r")) {
      long from = Math.max(Math.min(startedAt, log.length()), log.length() - TAIL_BYTES);
      log.seek(from);
      byte[] bytes = new byte[(int) Math.min(TAIL_BYTES, log.length() - from)];
      log.readFully(bytes);
      List<String> lines = new String(bytes, StandardCharsets.UTF_8).lines().toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }
}
