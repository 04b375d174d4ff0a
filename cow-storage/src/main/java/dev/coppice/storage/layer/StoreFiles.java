package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Where things lie below the store's directory, and how failures there are told. */
public final class StoreFiles {

  private final Path directory;
  private final Disk disk;
  private final LongSupplier nanoTime;
  private final long logGrowthBytes;

  /**
   * @param nanoTime of no particular origin
   * @param logGrowthBytes how much a log may grow before it is looked at whether it can be shorter
   */
  public StoreFiles(Path directory, Disk disk, LongSupplier nanoTime, long logGrowthBytes) {
    this.directory = directory;
    this.disk = disk;
    this.nanoTime = nanoTime;
    this.logGrowthBytes = logGrowthBytes;
  }

  long logGrowthBytes() {
    return logGrowthBytes;
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  public Disk disk() {
    return disk;
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

  /** Makes a directory and those above it that are missing; 0 or a negated errno. */
  public int makeDirectories(Path path) {
    if (disk.exists(path)) {
      return 0;
    }
    Path above = path.getParent();
    if (above != null) {
      int result = makeDirectories(above);
      if (result < 0) {
        return result;
      }
    }
    int made = disk.makeDirectory(path);
    return made == -Errno.EEXIST ? 0 : made;
  }

  /** Makes the names of the store's own directories durable; 0 or a negated errno. */
  int syncPlace() {
    Path above = directory.getParent();
    int result = above == null ? 0 : disk.syncDirectory(above);
    return result < 0 && result != -Errno.EACCES ? result : disk.syncDirectory(directory);
  }

  /** Bytes that the file system has allocated for the files in a directory. */
  public long allocatedBytes(Path inDirectory) {
    return disk.list(inDirectory).stream()
        .mapToLong(name -> fileBytes(inDirectory.resolve(name)))
        .sum();
  }

  /** Bytes that the file system has allocated for a file; 0 if it cannot be opened. */
  public long fileBytes(Path file) {
    int fd = disk.open(file, Posix.O_RDONLY);
    if (fd < 0) {
      return 0;
    }
    long bytes = Math.max(0, disk.allocatedBytes(fd));
    var _ = disk.close(fd);
    return bytes;
  }

  /** Branches' detached logs, each in a directory of the branch's id. */
  public Path logs() {
    return directory.resolve("logs");
  }

  public Path incoming() {
    return directory.resolve("incoming");
  }

  /** Removes any directory of the machine's own, not through the store's disk. */
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
