package dev.coppice.storage.branch;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.layer.FileTree;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the beginning of a file without the mount. */
public final class FileStart {

  private static final Pattern SLASH = Pattern.compile("/");

  private FileStart() {}

  /** Empty if there is no regular file of that path. */
  public static Optional<byte[]> read(Branch branch, String path, int mostBytes) {
    long fileId = FileTree.ROOT;
    for (String name : SLASH.split(path, -1)) {
      fileId = branch.lookup(fileId, name);
      if (fileId < 0) {
        return Optional.empty();
      }
    }
    branch.remember(fileId);
    try (Arena arena = Arena.ofConfined()) {
      LiveFile file = branch.file(fileId);
      if (file == null) {
        return Optional.empty();
      }
      MemorySegment target = arena.allocate(Math.max(mostBytes, 1));
      int got = file.read(target, 0, mostBytes, 0);
      if (got < 0) {
        throw new StorageException(
            StorageFailure.IO_ERROR,
            "the file %s of branch %s cannot be read: errno %d".formatted(path, branch.id(), -got),
            "Run \"coppice store check\".");
      }
      return Optional.of(target.asSlice(0, got).toArray(ValueLayout.JAVA_BYTE));
    } finally {
      branch.forget(fileId, 1);
    }
  }
}
