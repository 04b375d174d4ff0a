package dev.coppice.storage.branch;

import dev.coppice.storage.FileView;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.posix.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Files of a branch by their paths, without the mount. */
public final class BranchFiles implements FileView, LogTarget {

  private static final Pattern SLASH = Pattern.compile("/");
  private static final int DIRECTORY_MODE = Node.DIRECTORY | 0700;
  private static final int FILE_MODE = Node.REGULAR | 0600;

  private final Branch branch;
  private final String below;

  public BranchFiles(Branch branch) {
    this(branch, "");
  }

  /**
   * @param below the directory that paths are relative to; empty for the branch's own
   */
  BranchFiles(Branch branch, String below) {
    this.branch = branch;
    this.below = below;
  }

  /** The beginning of a regular file; empty if there is none of that path. */
  public Optional<byte[]> start(String file, int mostBytes) {
    Node node = node(file);
    return node == null || !node.isRegular()
        ? Optional.empty()
        : Optional.of(read(file, 0, mostBytes));
  }

  @Override
  public List<String> names(String directory) {
    Node node = node(directory);
    return node == null || !node.isDirectory()
        ? List.of()
        : node.childNames().stream().map(FileNames::toText).toList();
  }

  @Override
  public boolean isDirectory(String path) {
    Node node = node(path);
    return node != null && node.isDirectory();
  }

  @Override
  public long size(String file) {
    return using(file, LiveFile::size, 0L);
  }

  @Override
  public byte[] read(String file, long offset, int mostBytes) {
    return using(
        file,
        live -> {
          try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(Math.max(mostBytes, 1));
            int got = check("read", file, live.read(target, 0, mostBytes, offset));
            return target.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE);
          }
        },
        new byte[0]);
  }

  @Override
  public void makeDirectory(String path) {
    make(path, DIRECTORY_MODE);
  }

  @Override
  public void create(String file, long size) {
    make(file, FILE_MODE);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment scratch = arena.allocate(Page.BYTES, Page.BYTES);
      using(file, live -> check("create", file, branch.resize(live, size, scratch)), 0);
    }
  }

  private void make(String path, int mode) {
    int slash = path.lastIndexOf('/');
    long parent = id(slash < 0 ? "" : path.substring(0, slash));
    String name = FileNames.fromText(path.substring(slash + 1));
    long made = branch.create(parent, name, mode, "");
    if (made != -Errno.EEXIST || (mode & Node.TYPE_MASK) != Node.DIRECTORY) {
      check("create", path, (int) Math.min(0, made));
    }
  }

  @Override
  public void write(String file, long offset, byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(bytes.length);
      MemorySegment.copy(bytes, 0, source, ValueLayout.JAVA_BYTE, 0, bytes.length);
      MemorySegment scratch = arena.allocate(Page.BYTES, Page.BYTES);
      using(
          file,
          live ->
              check("write", file, branch.write(live, source, 0, bytes.length, offset, scratch)),
          0);
    }
  }

  @Override
  public void sync(String file) {
    check("sync", file, branch.sync(id(file)));
  }

  @Override
  public void syncDirectory(String path) {
    check("sync", path, branch.syncNames());
  }

  /** Removes all that is in a directory; false if there was nothing. */
  boolean clear(String directory) {
    List<String> names = names(directory);
    for (String name : names) {
      String path = directory.isEmpty() ? name : directory + "/" + name;
      String stored = FileNames.fromText(name);
      if (isDirectory(path)) {
        var _ = clear(path);
        check("remove", path, branch.removeDirectory(id(directory), stored));
      } else {
        check("remove", path, branch.unlink(id(directory), stored));
      }
    }
    return !names.isEmpty();
  }

  private interface Use<T> {
    T with(LiveFile live);
  }

  private <T> T using(String file, Use<T> use, T otherwise) {
    long fileId = id(file);
    Node node = branch.tree().node(fileId);
    if (node == null || !node.isRegular()) {
      return otherwise;
    }
    branch.remember(fileId);
    try {
      LiveFile live = branch.file(fileId);
      return live == null ? otherwise : use.with(live);
    } finally {
      branch.forget(fileId, 1);
    }
  }

  private @Nullable Node node(String path) {
    return branch.tree().node(id(path));
  }

  /** Negative or 0 if there is none. */
  private long id(String path) {
    long fileId = FileTree.ROOT;
    for (String name : SLASH.split(below.isEmpty() ? path : below + "/" + path, -1)) {
      if (fileId > 0 && !name.isEmpty()) {
        fileId = branch.lookup(fileId, FileNames.fromText(name));
      }
    }
    return fileId;
  }

  private int check(String what, String path, int result) {
    if (result >= 0) {
      return result;
    }
    boolean full = result == -Errno.ENOSPC || result == -Errno.EDQUOT;
    throw new StorageException(
        full ? StorageFailure.DISK_FULL : StorageFailure.IO_ERROR,
        "could not %s %s of branch %s: %s"
            .formatted(
                what,
                below.isEmpty() ? path : below + "/" + path,
                branch.id(),
                Errno.describe(-result)),
        full
            ? "Free space on the store's file system, and try again."
            : "Run \"coppice store check\".");
  }
}
