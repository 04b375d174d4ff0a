package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.Branch;
import dev.coppice.storage.branch.LiveFile;
import dev.coppice.storage.layer.Node;
import org.jspecify.annotations.Nullable;

/** Writes struct fuse_attr and what it is part of. */
final class Attributes {

  /** Everything changes through this mount only, so what the kernel knows stays true. */
  static final long VALID_SECONDS = 86_400;

  static final int ATTR_OUT_BYTES = 104;
  static final int ENTRY_OUT_BYTES = 128;

  private static final int ATTR_IN_ATTR_OUT = 16;
  private static final int ATTR_IN_ENTRY_OUT = 40;
  private static final int ROOT_MODE = Node.DIRECTORY | 0555;
  private static final int BLOCK_BYTES = 512;
  private static final int IO_BYTES = 8192;
  private static final long NANOS = 1_000_000_000L;

  private final int uid;
  private final int gid;

  Attributes(int uid, int gid) {
    this.uid = uid;
    this.gid = gid;
  }

  /** Puts struct fuse_attr_out; false if there is no such file. */
  boolean putAttributes(Reply reply, Branch branch, long fileId) {
    reply.clear(ATTR_OUT_BYTES);
    reply.putLong(0, VALID_SECONDS);
    return put(reply, ATTR_IN_ATTR_OUT, branch, fileId);
  }

  /** Puts struct fuse_entry_out; false if there is no such file. */
  boolean putEntry(Reply reply, Branch branch, long fileId) {
    reply.clear(ENTRY_OUT_BYTES);
    reply.putLong(0, NodeId.of(branch.slot(), fileId));
    reply.putLong(16, VALID_SECONDS);
    reply.putLong(24, VALID_SECONDS);
    return put(reply, ATTR_IN_ENTRY_OUT, branch, fileId);
  }

  /** Puts a struct fuse_entry_out that says there is no such name, and will not be. */
  void putAbsent(Reply reply) {
    reply.clear(ENTRY_OUT_BYTES);
    reply.putLong(16, VALID_SECONDS);
  }

  void putRoot(Reply reply) {
    reply.clear(ATTR_OUT_BYTES);
    put(reply, ATTR_IN_ATTR_OUT, NodeId.ROOT, ROOT_MODE, 2, 0, 0, 0);
  }

  private boolean put(Reply reply, int offset, Branch branch, long fileId) {
    Node node = branch.node(fileId);
    if (node == null) {
      return false;
    }
    long nodeId = NodeId.of(branch.slot(), fileId);
    @Nullable LiveFile file = node.isRegular() ? branch.file(fileId) : null;
    if (file == null) {
      long size = node.isDirectory() ? IO_BYTES : node.size();
      long modified = node.modifiedNanos();
      put(reply, offset, nodeId, node.mode(), node.links(), size, modified, node.changedNanos());
    } else {
      long modified = file.modifiedNanos();
      long changed = Math.max(modified, node.changedNanos());
      put(reply, offset, nodeId, node.mode(), node.links(), file.size(), modified, changed);
    }
    return true;
  }

  private void put(
      Reply reply,
      int offset,
      long nodeId,
      int mode,
      int links,
      long size,
      long modifiedNanos,
      long changedNanos) {
    reply.putLong(offset, nodeId);
    reply.putLong(offset + 8, size);
    reply.putLong(offset + 16, (size + BLOCK_BYTES - 1) / BLOCK_BYTES);
    reply.putLong(offset + 24, modifiedNanos / NANOS);
    reply.putLong(offset + 32, modifiedNanos / NANOS);
    reply.putLong(offset + 40, changedNanos / NANOS);
    reply.putInt(offset + 48, (int) (modifiedNanos % NANOS));
    reply.putInt(offset + 52, (int) (modifiedNanos % NANOS));
    reply.putInt(offset + 56, (int) (changedNanos % NANOS));
    reply.putInt(offset + 60, mode);
    // As btrfs does: two would tell programs that a directory has no directories in it.
    reply.putInt(offset + 64, (mode & Node.TYPE_MASK) == Node.DIRECTORY ? 1 : links);
    reply.putInt(offset + 68, uid);
    reply.putInt(offset + 72, gid);
    reply.putInt(offset + 76, 0);
    reply.putInt(offset + 80, IO_BYTES);
    reply.putInt(offset + 84, 0);
  }

  boolean owns(int otherUid, int otherGid) {
    return (otherUid == -1 || otherUid == uid) && (otherGid == -1 || otherGid == gid);
  }
}
