package dev.coppice.storage.fuse;

import dev.coppice.storage.BranchId;
import dev.coppice.storage.branch.Branch;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.branch.LiveFile;
import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.posix.Errno;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Answers requests about names, attributes and directories. */
final class NameOperations {

  private static final int OPEN_OUT_BYTES = 16;
  private static final int KEEP_CACHE_AND_CACHE_DIRECTORY = 2 | 8;
  private static final int SET_MODE = 1;
  private static final int SET_UID = 1 << 1;
  private static final int SET_GID = 1 << 2;
  private static final int SET_SIZE = 1 << 3;
  private static final int SET_MTIME = 1 << 5;
  private static final int FILE_HANDLE = 1 << 6;
  private static final int SET_MTIME_NOW = 1 << 8;
  private static final int SET_CTIME = 1 << 10;
  private static final long NANOS = 1_000_000_000L;

  private final BranchStore store;
  private final Attributes attributes;
  private final Request request;
  private final Reply reply;
  private final MemorySegment scratch;
  private final DirectoryListing listing;
  private final Statistics statistics;

  NameOperations(
      BranchStore store,
      Attributes attributes,
      Request request,
      Reply reply,
      MemorySegment scratch) {
    this.store = store;
    this.attributes = attributes;
    this.request = request;
    this.reply = reply;
    this.scratch = scratch;
    this.listing = new DirectoryListing(store);
    this.statistics = new Statistics(store.files().directory());
  }

  void dispatch() {
    if (request.nodeId() == NodeId.ROOT) {
      dispatchRoot();
      return;
    }
    Branch branch = store.slots().get(NodeId.slot(request.nodeId()));
    if (branch == null) {
      finish(-Errno.ENOENT);
      return;
    }
    long fileId = NodeId.fileId(request.nodeId());
    switch (request.opcode()) {
      case Opcode.LOOKUP -> lookup(branch, fileId);
      case Opcode.GETATTR -> sendAttributes(branch, fileId);
      case Opcode.SETATTR -> setAttributes(branch, fileId);
      case Opcode.READLINK -> readLink(branch, fileId);
      case Opcode.MKNOD -> makeNode(branch, fileId);
      case Opcode.MKDIR -> create(branch, fileId, 8, Node.DIRECTORY | permissions(0), "");
      case Opcode.SYMLINK -> makeSymlink(branch, fileId);
      case Opcode.LINK -> link(branch, fileId);
      case Opcode.UNLINK -> finish(branch.unlink(fileId, request.nameAt(0)));
      case Opcode.RMDIR -> finish(branch.removeDirectory(fileId, request.nameAt(0)));
      case Opcode.RENAME -> rename(branch, fileId, 8, 0);
      case Opcode.RENAME2 -> rename(branch, fileId, 16, request.intAt(8));
      case Opcode.OPENDIR -> openDirectory(KEEP_CACHE_AND_CACHE_DIRECTORY);
      case Opcode.READDIR -> readDirectory();
      case Opcode.STATFS -> statistics();
      default -> finish(-Errno.ENOSYS);
    }
  }

  /** The list of branches changes without the kernel, so it may not be cached. */
  private void dispatchRoot() {
    switch (request.opcode()) {
      case Opcode.LOOKUP -> lookupBranch(request.nameAt(0));
      case Opcode.GETATTR -> {
        attributes.putRoot(reply);
        reply.send(request.unique(), Attributes.ATTR_OUT_BYTES);
      }
      case Opcode.OPENDIR -> openDirectory(0);
      case Opcode.READDIR -> readDirectory();
      case Opcode.STATFS -> statistics();
      case Opcode.SETATTR,
          Opcode.MKNOD,
          Opcode.MKDIR,
          Opcode.SYMLINK,
          Opcode.LINK,
          Opcode.UNLINK,
          Opcode.RMDIR,
          Opcode.RENAME,
          Opcode.RENAME2 ->
          finish(-Errno.EPERM);
      default -> finish(-Errno.ENOSYS);
    }
  }

  private void finish(int result) {
    reply.sendResult(request.unique(), result);
  }

  private void lookupBranch(String name) {
    Branch branch = null;
    try {
      branch = store.find(BranchId.parse(name));
    } catch (IllegalArgumentException e) {
      finish(-Errno.ENOENT);
      return;
    }
    if (branch == null || !branch.id().toString().equals(name)) {
      finish(-Errno.ENOENT);
      return;
    }
    sendEntry(branch, FileTree.ROOT);
  }

  private void lookup(Branch branch, long parent) {
    String name = request.nameAt(0);
    long found =
        name.length() > FileNames.MAX_BYTES ? -Errno.ENAMETOOLONG : branch.lookup(parent, name);
    if (found == -Errno.ENOENT) {
      attributes.putAbsent(reply);
      reply.send(request.unique(), Attributes.ENTRY_OUT_BYTES);
    } else if (found < 0) {
      finish((int) found);
    } else {
      sendEntry(branch, found);
    }
  }

  private void sendEntry(Branch branch, long fileId) {
    branch.remember(fileId);
    if (attributes.putEntry(reply, branch, fileId)) {
      reply.send(request.unique(), Attributes.ENTRY_OUT_BYTES);
    } else {
      finish(-Errno.ENOENT);
    }
  }

  private void sendAttributes(Branch branch, long fileId) {
    if (attributes.putAttributes(reply, branch, fileId)) {
      reply.send(request.unique(), Attributes.ATTR_OUT_BYTES);
    } else {
      finish(-Errno.ENOENT);
    }
  }

  private void setAttributes(Branch branch, long fileId) {
    int valid = request.intAt(0);
    int uid = (valid & SET_UID) != 0 ? request.intAt(76) : -1;
    int gid = (valid & SET_GID) != 0 ? request.intAt(80) : -1;
    if (!attributes.owns(uid, gid)) {
      finish(-Errno.EPERM);
      return;
    }
    if ((valid & ~FILE_HANDLE) == (SET_MTIME | SET_CTIME) && takeTime(branch, fileId)) {
      sendAttributes(branch, fileId);
      return;
    }
    int result = (valid & SET_SIZE) == 0 ? 0 : resize(branch, fileId, request.longAt(16));
    boolean touches = (valid & (SET_MODE | SET_MTIME | SET_MTIME_NOW)) != 0;
    if (result == 0 && touches) {
      int mode = (valid & SET_MODE) != 0 ? request.intAt(68) & Node.PERMISSIONS : -1;
      long modified = -1;
      if ((valid & SET_MTIME_NOW) != 0) {
        modified = System.currentTimeMillis() * 1_000_000;
      } else if ((valid & SET_MTIME) != 0) {
        modified = modifiedNanos();
      }
      result = branch.setAttributes(fileId, mode, modified);
    }
    if (result < 0) {
      finish(result);
    } else {
      sendAttributes(branch, fileId);
    }
  }

  private long modifiedNanos() {
    return Math.max(0, request.longAt(40) * NANOS + request.intAt(60));
  }

  /**
   * The kernel tells of the time at which it took a write into its cache, at every sync. That is
   * not worth a record in the log. A time that goes back was set by somebody.
   */
  private boolean takeTime(Branch branch, long fileId) {
    LiveFile file = branch.file(fileId);
    long modified = modifiedNanos();
    if (file == null || modified < file.modifiedNanos()) {
      return false;
    }
    branch.touch(file, modified);
    return true;
  }

  private int resize(Branch branch, long fileId, long size) {
    LiveFile file = branch.file(fileId);
    return file == null ? -Errno.EISDIR : branch.resize(file, size, scratch);
  }

  private void readLink(Branch branch, long fileId) {
    Node node = branch.node(fileId);
    String target = node == null ? null : node.target();
    if (target == null) {
      finish(-Errno.EINVAL);
      return;
    }
    reply.putName(0, target);
    reply.send(request.unique(), target.length());
  }

  private int permissions(int offset) {
    return request.intAt(offset) & Node.PERMISSIONS;
  }

  private void makeNode(Branch branch, long parent) {
    int type = request.intAt(0) & Node.TYPE_MASK;
    if (type != 0 && type != Node.REGULAR) {
      finish(-Errno.EPERM);
      return;
    }
    create(branch, parent, 16, Node.REGULAR | permissions(0), "");
  }

  private void makeSymlink(Branch branch, long parent) {
    String name = request.nameAt(0);
    String target = request.nameAt(name.length() + 1);
    if (target.length() > FileNames.MAX_TARGET_BYTES) {
      finish(-Errno.ENAMETOOLONG);
      return;
    }
    create(branch, parent, 0, Node.SYMLINK | 0777, target);
  }

  private void create(Branch branch, long parent, int nameOffset, int mode, String target) {
    long created = branch.create(parent, request.nameAt(nameOffset), mode, target);
    if (created < 0) {
      finish((int) created);
    } else {
      sendEntry(branch, created);
    }
  }

  private void link(Branch branch, long newParent) {
    long oldNode = request.longAt(0);
    if (NodeId.slot(oldNode) != branch.slot()) {
      finish(-Errno.EXDEV);
      return;
    }
    long fileId = NodeId.fileId(oldNode);
    int result = branch.link(fileId, newParent, request.nameAt(8));
    if (result < 0) {
      finish(result);
    } else {
      sendEntry(branch, fileId);
    }
  }

  private void rename(Branch branch, long fromParent, int namesOffset, int flags) {
    long newParent = request.longAt(0);
    if (NodeId.slot(newParent) != branch.slot()) {
      finish(newParent == NodeId.ROOT ? -Errno.EPERM : -Errno.EXDEV);
      return;
    }
    String fromName = request.nameAt(namesOffset);
    String toName = request.nameAt(namesOffset + fromName.length() + 1);
    finish(branch.rename(fromParent, fromName, NodeId.fileId(newParent), toName, flags));
  }

  private void openDirectory(int flags) {
    reply.clear(OPEN_OUT_BYTES);
    reply.putInt(8, flags);
    reply.send(request.unique(), OPEN_OUT_BYTES);
  }

  private void readDirectory() {
    int maxBytes = Math.min(request.intAt(16), Handshake.MAX_WRITE_BYTES);
    int result = listing.put(reply, request.nodeId(), request.longAt(8), maxBytes);
    if (result < 0) {
      finish(result);
    } else {
      reply.send(request.unique(), result);
    }
  }

  private void statistics() {
    Branch branch = store.slots().get(NodeId.slot(request.nodeId()));
    int result = statistics.put(reply, branch == null ? Optional.empty() : store.room(branch));
    if (result < 0) {
      finish(result);
    } else {
      reply.send(request.unique(), Statistics.OUT_BYTES);
    }
  }

  /** FORGET and BATCH_FORGET; the kernel waits for no answer. */
  void forget() {
    if (request.opcode() == Opcode.FORGET) {
      forget(request.nodeId(), request.longAt(0));
      return;
    }
    int count = request.intAt(0);
    for (int i = 0; i < count; i++) {
      forget(request.longAt(8 + 16 * i), request.longAt(16 + 16 * i));
    }
  }

  private void forget(long nodeId, long lookups) {
    @Nullable Branch branch = store.slots().get(NodeId.slot(nodeId));
    if (branch != null) {
      branch.forget(NodeId.fileId(nodeId), lookups);
    }
  }
}
