package dev.coppice.branches;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/** Keeps a second server off the same directories. The kernel lets go when the process ends. */
final class DirectoryLock implements AutoCloseable {

  private static final String FILE = "coppice.lock";

  private final List<FileChannel> held = new ArrayList<>();

  /** Creates the directories if need be, the data for this program's user only. */
  static DirectoryLock take(Path dataDirectory, Path runDirectory) {
    DirectoryLock locks = new DirectoryLock();
    try {
      locks.take(dataDirectory, "rwx------");
      locks.take(runDirectory, "rwx--x--x");
      return locks;
    } catch (RuntimeException e) {
      locks.close();
      throw e;
    }
  }

  private void take(Path directory, String permissions) {
    try {
      if (!Files.isDirectory(directory)) {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
      }
      FileChannel channel =
          FileChannel.open(
              directory.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      held.add(channel);
      if (channel.tryLock() == null) {
        throw inUse(directory, null);
      }
    } catch (OverlappingFileLockException e) {
      throw inUse(directory, e);
    } catch (IOException e) {
      throw new BranchException(
          BranchFailure.STORAGE_FAILED,
          "Directory %s cannot be used: %s".formatted(directory, e),
          "Give a directory that this program may write to.",
          e);
    }
  }

  private static BranchException inUse(
      Path directory, @org.jspecify.annotations.Nullable Exception cause) {
    return new BranchException(
        BranchFailure.STORAGE_FAILED,
        "Another server uses " + directory,
        "Stop it first, or give this one a directory of its own.",
        cause);
  }

  @Override
  public void close() {
    for (FileChannel channel : held) {
      try {
        channel.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
