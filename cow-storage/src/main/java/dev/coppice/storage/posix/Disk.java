package dev.coppice.storage.posix;

import java.nio.file.Path;
import java.util.List;

/**
 * The file system below the store, as far as the store needs one; everything that is to outlive the
 * process goes through it. Calls return what the system call would, or the negated errno where it
 * failed. Buffers are raw addresses, which the caller keeps alive. What is not synced may be lost
 * with the machine: a file's bytes and size until {@link #fdatasync}, names until their directory
 * is synced.
 */
public interface Disk {

  /** The flags are those of {@link Posix}. */
  int open(Path path, int flags);

  int close(int fd);

  /** Reads until the bytes are there or the file ends. */
  long pread(int fd, long address, long bytes, long offset);

  /** Says that a range will be read soon, which a disk may use to begin at once. */
  default void willNeed(int fd, long offset, long bytes) {}

  /** Writes all the bytes or fails, and may then have written some. */
  long pwrite(int fd, long address, long bytes, long offset);

  int fdatasync(int fd);

  int truncate(int fd, long size);

  /** Modes as in fallocate(2). */
  int allocate(int fd, int mode, long offset, long bytes);

  /** The size of an open file in bytes. */
  long size(int fd);

  /** The bytes that the file system has allocated for an open file. */
  long allocatedBytes(int fd);

  /** The first offset from one on that holds data; {@code ENXIO} if there is none. */
  long nextData(int fd, long offset);

  /** The first offset from one on that holds none; the end of the file counts as such. */
  long nextHole(int fd, long offset);

  boolean exists(Path path);

  boolean isDirectory(Path path);

  /** The names in a directory, in any order; empty if it cannot be read. */
  List<String> list(Path directory);

  /** Replaces what has the new name, in one step. */
  int rename(Path from, Path to);

  int unlink(Path path);

  /** Makes one directory below an existing one. */
  int makeDirectory(Path path);

  int removeDirectory(Path path);

  /** Makes a file or directory another user's. */
  default int own(Path path, int uid, int gid) {
    return 0;
  }

  /** Makes the names in a directory durable. */
  int syncDirectory(Path directory);
}
