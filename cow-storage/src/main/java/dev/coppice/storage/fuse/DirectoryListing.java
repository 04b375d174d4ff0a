package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.Branch;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.layer.Entry;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.posix.Errno;

/**
 * Answers READDIR. An entry's position is the key of its name, so that a listing that goes on later
 * is right whatever happened in between.
 */
final class DirectoryListing {

  private static final int DIRENT_BYTES = 24;
  private static final int TYPE_DIRECTORY = 4;
  private static final int TYPE_SHIFT = 12;
  private static final long SELF = 1;
  private static final long PARENT = 2;

  private final BranchStore store;

  DirectoryListing(BranchStore store) {
    this.store = store;
  }

  /** Returns the bytes put behind the reply's header, or a negated errno. */
  int put(Reply reply, long nodeId, long after, int maxBytes) {
    Branch branch = store.slots().get(NodeId.slot(nodeId));
    Node node = branch == null ? null : branch.node(NodeId.fileId(nodeId));
    if (nodeId != NodeId.ROOT && (branch == null || node == null)) {
      return -Errno.ENOENT;
    }
    int used = 0;
    if (after < SELF) {
      used = put(reply, used, maxBytes, nodeId, SELF, ".", TYPE_DIRECTORY);
    }
    if (after < PARENT) {
      used = put(reply, used, maxBytes, NodeId.ROOT, PARENT, "..", TYPE_DIRECTORY);
    }
    return branch == null || node == null
        ? putBranches(reply, used, maxBytes, after)
        : putChildren(reply, used, maxBytes, after, branch, node);
  }

  private int putBranches(Reply reply, int start, int maxBytes, long after) {
    int used = start;
    var branches =
        store.branches().stream()
            .map(store::find)
            .filter(branch -> branch != null && branch.slot() + PARENT > after)
            .sorted((a, b) -> Integer.compare(a.slot(), b.slot()))
            .toList();
    for (Branch branch : branches) {
      long nodeId = NodeId.of(branch.slot(), 1);
      long position = branch.slot() + PARENT;
      int end =
          put(reply, used, maxBytes, nodeId, position, branch.id().toString(), TYPE_DIRECTORY);
      if (end == used) {
        return used;
      }
      used = end;
    }
    return used;
  }

  private int putChildren(
      Reply reply, int start, int maxBytes, long after, Branch branch, Node directory) {
    int[] used = {start};
    directory
        .children()
        .visitFrom(
            Math.max(after, PARENT) + 1,
            (key, first) -> {
              int begin = used[0];
              for (Entry at = first; at != null; at = at.next()) {
                Node child = branch.node(at.id());
                int type = child == null ? 0 : child.mode() >>> TYPE_SHIFT;
                long nodeId = NodeId.of(branch.slot(), at.id());
                int end = put(reply, used[0], maxBytes, nodeId, key, at.name(), type);
                if (end == used[0]) {
                  used[0] = begin;
                  return false;
                }
                used[0] = end;
              }
              return true;
            });
    return used[0];
  }

  /** Returns the same offset if there is no room. */
  private static int put(
      Reply reply, int offset, int maxBytes, long nodeId, long position, String name, int type) {
    int bytes = DIRENT_BYTES + name.length() + 7 & ~7;
    if (offset + bytes > maxBytes) {
      return offset;
    }
    reply.putLong(offset + bytes - 8, 0);
    reply.putLong(offset, nodeId);
    reply.putLong(offset + 8, position);
    reply.putInt(offset + 16, name.length());
    reply.putInt(offset + 20, type);
    reply.putName(offset + DIRENT_BYTES, name);
    return offset + bytes;
  }
}
