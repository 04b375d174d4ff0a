package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Where things lie below the store's directory, and how failures there are told. */
public final class StoreFiles {

  private final Path directory;

  public StoreFiles(Path directory) {
    this.directory = directory;
  }

  public Path directory() {
    return directory;
  }

  public Path journal() {
    return directory.resolve("journal");
  }

  public Path lock() {
    return directory.resolve("lock");
  }

  public Path layers() {
    return directory.resolve("layers");
  }

  /** Makes the entries of a directory durable. */
  public static int syncDirectory(Path path) {
    int fd = Posix.open(path.toString(), Posix.O_RDONLY, 0);
    if (fd < 0) {
      return fd;
    }
    int result = Posix.fsync(fd);
    Posix.close(fd);
    return result;
  }

  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(root)) {
      List<Path> deepestFirst = paths.sorted(Comparator.reverseOrder()).toList();
      for (Path path : deepestFirst) {
        Files.deleteIfExists(path);
      }
    }
  }

  /** The failure that a negated errno means. */
  public static StorageException failure(String what, Path on, long negatedErrno) {
    int errno = (int) -negatedErrno;
    String message = "could not %s %s: %s".formatted(what, on, Errno.describe(errno));
    if (errno == Errno.ENOSPC || errno == Errno.EDQUOT) {
      return new StorageException(
          StorageFailure.DISK_FULL,
          message,
          "Free space on that file system, or delete branches and snapshots, and try again.");
    }
    return new StorageException(
        StorageFailure.IO_ERROR, message, "Look for disk errors in the kernel's log (dmesg).");
  }

  public static StorageException failure(String what, Path on, IOException cause) {
    boolean full = String.valueOf(cause.getMessage()).contains("No space left");
    return new StorageException(
        full ? StorageFailure.DISK_FULL : StorageFailure.IO_ERROR,
        "could not %s %s: %s".formatted(what, on, cause.getMessage()),
        full
            ? "Free space on that file system, or delete branches and snapshots, and try again."
            : "Check that the directory exists, is writable and that its disk is healthy.",
        cause);
  }
}
