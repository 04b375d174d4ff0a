package dev.coppice.storage.branch;

import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.posix.Errno;

/** Which changes of names a tree allows, as POSIX has it. Returns 0, or the negated errno. */
record NameRules(FileTree tree) {

  /** Flags of renameat2(2). */
  static final int NO_REPLACE = 1;

  static final int EXCHANGE = 2;

  /** The file of that name. */
  long lookup(long parent, String name) {
    Node directory = tree.node(parent);
    if (directory == null) {
      return -Errno.ENOENT;
    }
    if (!directory.isDirectory()) {
      return -Errno.ENOTDIR;
    }
    long found = tree.lookup(parent, name);
    return found == 0 ? -Errno.ENOENT : found;
  }

  int checkNew(long parent, String name) {
    if (name.length() > FileNames.MAX_BYTES) {
      return -Errno.ENAMETOOLONG;
    }
    long existing = lookup(parent, name);
    if (existing > 0) {
      return -Errno.EEXIST;
    }
    return existing == -Errno.ENOENT && tree.node(parent) != null ? 0 : (int) existing;
  }

  /**
   * @param directory whether it is to be removed as one
   */
  int checkRemovable(long fileId, boolean directory) {
    Node node = tree.node(fileId);
    if (node == null) {
      return -Errno.ENOENT;
    }
    if (node.isDirectory() != directory) {
      return directory ? -Errno.ENOTDIR : -Errno.EISDIR;
    }
    return node.children().size() > 0 ? -Errno.ENOTEMPTY : 0;
  }

  /**
   * The kernel has refused to move a directory below itself.
   *
   * @param moved what {@link #lookup} found under the old name
   * @param replaced what it found under the new one
   */
  int checkMove(long moved, long toParent, String toName, long replaced, int flags) {
    if (toName.length() > FileNames.MAX_BYTES) {
      return -Errno.ENAMETOOLONG;
    }
    if ((flags & ~(NO_REPLACE | EXCHANGE)) != 0) {
      return -Errno.EINVAL;
    }
    if (moved < 0) {
      return (int) moved;
    }
    if ((replaced < 0 && replaced != -Errno.ENOENT) || tree.node(toParent) == null) {
      return (int) replaced;
    }
    return checkReplacing(moved, replaced, flags);
  }

  private int checkReplacing(long moved, long replaced, int flags) {
    if (replaced == -Errno.ENOENT) {
      return (flags & EXCHANGE) != 0 ? -Errno.ENOENT : 0;
    }
    if ((flags & NO_REPLACE) != 0) {
      return -Errno.EEXIST;
    }
    if ((flags & EXCHANGE) != 0 || moved == replaced) {
      return 0;
    }
    Node node = tree.node(moved);
    return node == null ? -Errno.ENOENT : checkRemovable(replaced, node.isDirectory());
  }
}
