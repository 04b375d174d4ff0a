package dev.coppice.storage.posix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The file systems of this machine. */
public final class RealDisk implements Disk {

  private static final int OWNER_ONLY = 0600;
  private static final int DIRECTORY = 0755;

  @Override
  public int open(Path path, int flags) {
    return Posix.open(path.toString(), flags, OWNER_ONLY);
  }

  @Override
  public int close(int fd) {
    return Posix.close(fd);
  }

  @Override
  public long pread(int fd, long address, long bytes, long offset) {
    return Posix.pread(fd, address, bytes, offset);
  }

  @Override
  public void willNeed(int fd, long offset, long bytes) {
    Posix.willNeed(fd, offset, bytes);
  }

  @Override
  public long pwrite(int fd, long address, long bytes, long offset) {
    return Posix.pwrite(fd, address, bytes, offset);
  }

  @Override
  public int fdatasync(int fd) {
    return Posix.fdatasync(fd);
  }

  @Override
  public int truncate(int fd, long size) {
    return Posix.ftruncate(fd, size);
  }

  @Override
  public int allocate(int fd, int mode, long offset, long bytes) {
    return Posix.fallocate(fd, mode, offset, bytes);
  }

  @Override
  public long size(int fd) {
    return Posix.size(fd);
  }

  @Override
  public long allocatedBytes(int fd) {
    return Posix.allocatedBytes(fd);
  }

  @Override
  public long nextData(int fd, long offset) {
    return Posix.lseek(fd, offset, Posix.SEEK_DATA);
  }

  @Override
  public long nextHole(int fd, long offset) {
    return Posix.lseek(fd, offset, Posix.SEEK_HOLE);
  }

  @Override
  public boolean exists(Path path) {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public boolean isDirectory(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  @Override
  public List<String> list(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  @Override
  public int rename(Path from, Path to) {
    return Posix.rename(from.toString(), to.toString());
  }

  @Override
  public int unlink(Path path) {
    return Posix.unlink(path.toString());
  }

  @Override
  public int makeDirectory(Path path) {
    return Posix.makeDirectory(path.toString(), DIRECTORY);
  }

  @Override
  public int removeDirectory(Path path) {
    return Posix.removeDirectory(path.toString());
  }

  @Override
  public int own(Path path, int uid, int gid) {
    return Posix.changeOwner(path.toString(), uid, gid);
  }

  @Override
  public int syncDirectory(Path directory) {
    int fd = Posix.open(directory.toString(), Posix.O_RDONLY, 0);
    if (fd < 0) {
      return fd;
    }
    int result = Posix.fsync(fd);
    Posix.close(fd);
    return result;
  }
}
