package dev.coppice.storage.branch;

import dev.coppice.storage.FileView;
import dev.coppice.storage.layer.StoreFiles;
import dev.coppice.storage.posix.Disk;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;

/** The files of a detached log, which an engine of another user writes. */
final class PlainFiles implements FileView, LogTarget {

  private final Disk disk;
  private final Path root;
  private final int uid;
  private final int gid;

  /**
   * @param uid whose new files are
   * @param gid whose new files are
   */
  PlainFiles(Disk disk, Path root, int uid, int gid) {
    this.disk = disk;
    this.root = root;
    this.uid = uid;
    this.gid = gid;
  }

  @Override
  public List<String> names(String directory) {
    return disk.list(root.resolve(directory));
  }

  @Override
  public boolean isDirectory(String path) {
    return disk.isDirectory(root.resolve(path));
  }

  @Override
  public long size(String file) {
    int fd = disk.open(root.resolve(file), Posix.O_RDONLY | Posix.O_CLOEXEC);
    if (fd < 0) {
      return 0;
    }
    long size = disk.size(fd);
    var _ = disk.close(fd);
    return Math.max(0, size);
  }

  @Override
  public byte[] read(String file, long offset, int mostBytes) {
    int fd = disk.open(root.resolve(file), Posix.O_RDONLY | Posix.O_CLOEXEC);
    if (fd == -Errno.ENOENT) {
      return new byte[0];
    }
    check("open", file, fd);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(Math.max(1, mostBytes));
      long got = check("read", file, disk.pread(fd, target.address(), mostBytes, offset));
      return target.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE);
    } finally {
      var _ = disk.close(fd);
    }
  }

  @Override
  public void makeDirectory(String path) {
    int made = disk.makeDirectory(root.resolve(path));
    check("create", path, made == -Errno.EEXIST ? 0 : made);
    check("own", path, disk.own(root.resolve(path), uid, gid));
  }

  @Override
  public void create(String file, long size) {
    withFile("create", file, Posix.O_CREAT, fd -> disk.truncate(fd, size));
    check("own", file, disk.own(root.resolve(file), uid, gid));
  }

  @Override
  public void write(String file, long offset, byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(bytes.length);
      MemorySegment.copy(bytes, 0, source, ValueLayout.JAVA_BYTE, 0, bytes.length);
      withFile(
          "write",
          file,
          0,
          fd -> (int) Math.min(0, disk.pwrite(fd, source.address(), bytes.length, offset)));
    }
  }

  @Override
  public void sync(String file) {
    withFile("sync", file, 0, disk::fdatasync);
  }

  @Override
  public void syncDirectory(String path) {
    check("sync", path, disk.syncDirectory(root.resolve(path)));
  }

  private interface Action {
    int on(int fd);
  }

  private void withFile(String what, String file, int flags, Action action) {
    int fd = disk.open(root.resolve(file), Posix.O_RDWR | Posix.O_CLOEXEC | flags);
    check(what, file, fd);
    int result = action.on(fd);
    var _ = disk.close(fd);
    check(what, file, result);
  }

  private long check(String what, String path, long result) {
    if (result < 0) {
      throw StoreFiles.failure(what, root.resolve(path), result);
    }
    return result;
  }
}
