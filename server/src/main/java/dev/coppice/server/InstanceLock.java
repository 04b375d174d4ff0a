package dev.coppice.server;

import dev.coppice.server.config.DataDirectory;
import dev.coppice.server.failure.ServerException;
import dev.coppice.server.failure.ServerFailure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** One server per data directory. The kernel drops the lock with the process. */
final class InstanceLock implements AutoCloseable {
  private final FileChannel channel;

  private InstanceLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Creates the data directory if it is absent, and locks it. */
  static InstanceLock acquire(Path dataDirectory) {
    Path file = DataDirectory.lock(dataDirectory);
    try {
      if (!Files.isDirectory(dataDirectory)) {
        Files.createDirectories(dataDirectory);
        Files.setPosixFilePermissions(dataDirectory, PosixFilePermissions.fromString("rwx------"));
      }
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!tryLock(channel)) {
        channel.close();
        throw inUse(dataDirectory, Files.readString(file).strip());
      }
      channel.truncate(0);
      String pid = ProcessHandle.current().pid() + "\n";
      channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)));
      return new InstanceLock(channel);
    } catch (IOException e) {
      throw new ServerException(
          ServerFailure.DATA_DIRECTORY_UNUSABLE,
          "cannot use the data directory %s: %s".formatted(dataDirectory, e),
          "Choose another one with --data-dir, or make this one writable.",
          e);
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      @Nullable FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static ServerException inUse(Path dataDirectory, String pid) {
    return new ServerException(
        ServerFailure.DATA_DIRECTORY_IN_USE,
        "another server%s already uses the data directory %s"
            .formatted(pid.isEmpty() ? "" : " (process " + pid + ")", dataDirectory),
        "Stop it first, or give this one a directory of its own with --data-dir.");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
