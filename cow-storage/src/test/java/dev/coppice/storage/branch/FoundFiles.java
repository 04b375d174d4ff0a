package dev.coppice.storage.branch;

import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** All that a branch holds, by path. */
record FoundFiles(SortedMap<String, Found> entries) {

  /**
   * @param content empty for what is not a regular file
   * @param target empty for what is not a symbolic link
   */
  record Found(Optional<byte[]> content, String target, int permissions) {}

  static FoundFiles of(Branch branch) {
    TreeMap<String, Found> entries = new TreeMap<>();
    read(branch, FileTree.ROOT, "", entries);
    return new FoundFiles(entries);
  }

  private static void read(
      Branch branch, long directory, String prefix, SortedMap<String, Found> entries) {
    Node node = branch.node(directory);
    if (node == null) {
      throw new IllegalStateException("no directory " + prefix);
    }
    node.children()
        .forEach(first -> {
          for (var at = first; at != null; at = at.next()) {
            String path = prefix + at.name();
            Node child = branch.node(at.id());
            LiveFile file = branch.file(at.id());
            if (child == null) {
              throw new IllegalStateException(path + " leads nowhere");
            }
            String target = child.target() == null ? "" : child.target();
            Optional<byte[]> content = Optional.ofNullable(file).map(FoundFiles::content);
            entries.put(path, new Found(content, target, child.mode() & Node.PERMISSIONS));
            if (child.isDirectory()) {
              read(branch, at.id(), path + "/", entries);
            }
          }
        });
  }

  static byte[] content(LiveFile file) {
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
