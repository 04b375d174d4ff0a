package dev.coppice.storage.branch;

import dev.coppice.storage.FilesUnderTest;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.posix.Errno;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The files of a branch without any mount. */
final class CoreFiles implements FilesUnderTest {

  private final Branch branch;

  CoreFiles(Branch branch) {
    this.branch = branch;
  }

  long find(String path) {
    long at = FileTree.ROOT;
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty()) {
        at = at <= 0 ? at : branch.lookup(at, name);
      }
    }
    return at;
  }

  private long parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? FileTree.ROOT : find(path.substring(0, slash));
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private @Nullable LiveFile file(String path) {
    long id = find(path);
    return id <= 0 ? null : branch.file(id);
  }

  @Override
  public boolean create(String path) {
    return branch.create(parent(path), name(path), Node.REGULAR | 0600, "") > 0;
  }

  @Override
  public boolean makeDirectory(String path) {
    return branch.create(parent(path), name(path), Node.DIRECTORY | 0700, "") > 0;
  }

  @Override
  public boolean remove(String path) {
    return branch.unlink(parent(path), name(path)) == 0
        || branch.removeDirectory(parent(path), name(path)) == 0;
  }

  @Override
  public boolean rename(String from, String to) {
    boolean below = (to + "/").startsWith(from + "/") && !from.equals(to);
    return !below && branch.rename(parent(from), name(from), parent(to), name(to), 0) == 0;
  }

  @Override
  public boolean write(String path, long offset, byte[] bytes) {
    LiveFile file = file(path);
    if (file == null) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
      return branch.write(file, source, 0, bytes.length, offset, arena.allocate(8192))
          == bytes.length;
    }
  }

  @Override
  public boolean resize(String path, long size) {
    LiveFile file = file(path);
    try (Arena arena = Arena.ofConfined()) {
      return file != null && branch.resize(file, size, arena.allocate(8192)) == 0;
    }
  }

  @Override
  public boolean copyRange(String from, String to, long offset, long bytes) {
    LiveFile source = file(from);
    LiveFile target = file(to);
    if (source == null || target == null || from.equals(to)) {
      return false;
    }
    long end = Math.min(offset + bytes, source.size());
    try (Arena arena = Arena.ofConfined()) {
      long at = offset;
      while (at < end) {
        int shared = branch.share(source, target, at, end - at, arena.allocate(8192));
        if (shared == -Errno.EXDEV) {
          // As the kernel does then.
          byte[] rest = Arrays.copyOfRange(content(source), (int) at, (int) end);
          return write(to, at, rest);
        }
        if (shared <= 0) {
          return false;
        }
        at += shared;
      }
    }
    return true;
  }

  @Override
  public SortedMap<String, Optional<byte[]>> read() {
    SortedMap<String, Optional<byte[]>> found = new TreeMap<>();
    read(FileTree.ROOT, "", found);
    return found;
  }

  private void read(long directory, String prefix, Map<String, Optional<byte[]>> found) {
    Node node = branch.node(directory);
    if (node == null) {
      return;
    }
    node.children()
        .forEach(entry -> {
          String path = prefix + entry.name();
          LiveFile file = branch.file(entry.id());
          if (file == null) {
            found.put(path, Optional.empty());
            read(entry.id(), path + "/", found);
          } else {
            found.put(path, Optional.of(content(file)));
          }
        });
  }

  byte[] content(String path) {
    LiveFile file = file(path);
    if (file == null) {
      throw new IllegalStateException("no file " + path);
    }
    return content(file);
  }

  private static byte[] content(LiveFile file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate(Math.max(1, file.size()));
      int got = file.read(target, 0, (int) file.size(), 0);
      if (got != file.size()) {
        throw new IllegalStateException("read " + got + " of " + file.size());
      }
      return target.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE);
    }
  }
}
