package dev.coppice.storage.fuse;

/**
 * How the kernel names files: the branch's slot above the file's id. Needs no table, so that a
 * lookup costs no memory here.
 */
final class NodeId {

  /** The mount's root, which lists the branches. */
  static final long ROOT = 1;

  private static final int SLOT_SHIFT = 40;

  private NodeId() {}

  static long of(int slot, long fileId) {
    if (fileId >>> SLOT_SHIFT != 0) {
      throw new IllegalStateException("file id " + fileId + " is too large");
    }
    return (long) slot << SLOT_SHIFT | fileId;
  }

  static int slot(long nodeId) {
    return (int) (nodeId >>> SLOT_SHIFT);
  }

  static long fileId(long nodeId) {
    return nodeId & (1L << SLOT_SHIFT) - 1;
  }
}
