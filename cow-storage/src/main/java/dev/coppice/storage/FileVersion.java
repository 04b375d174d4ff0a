package dev.coppice.storage;

import java.util.List;

/**
 * What one state knows of a file, apart from its content.
 *
 * @param paths its names, from the branch's directory on; more than one for hard links, the empty
 *     one for the branch's directory itself
 * @param bytes the size; of a symbolic link the length of its target, of a directory 0
 * @param permissions as in chmod(2)
 */
public record FileVersion(List<String> paths, Kind kind, long bytes, int permissions) {

  public FileVersion {
    paths = List.copyOf(paths);
  }

  /** Whether it is a regular file, a directory or a symbolic link. */
  public enum Kind {
    FILE,
    DIRECTORY,
    SYMLINK
  }
}
