package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.Branch;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.branch.LiveFile;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Answers requests about ranges of a file's bytes, other than reading and writing them. */
final class RangeOperations {

  private final BranchStore store;
  private final Request request;
  private final Reply reply;
  private final MemorySegment scratch;
  private final SyncThreads syncThreads;
  private final boolean holdsBack;

  RangeOperations(
      BranchStore store,
      Request request,
      Reply reply,
      MemorySegment scratch,
      SyncThreads syncThreads,
      boolean holdsBack) {
    this.store = store;
    this.request = request;
    this.reply = reply;
    this.scratch = scratch;
    this.syncThreads = syncThreads;
    this.holdsBack = holdsBack;
  }

  private void finish(int result) {
    reply.sendResult(request.unique(), result);
  }

  private @Nullable Branch branch() {
    return store.slots().get(NodeId.slot(request.nodeId()));
  }

  private @Nullable LiveFile file(@Nullable Branch branch) {
    return branch == null ? null : branch.file(NodeId.fileId(request.nodeId()));
  }

  void allocate() {
    Branch branch = branch();
    LiveFile file = file(branch);
    if (branch == null || file == null) {
      finish(-Errno.ENOENT);
      return;
    }
    int mode = request.intAt(24);
    finish(branch.allocate(file, mode, request.longAt(8), request.longAt(16), scratch));
  }

  /**
   * The kernel has written back what it held of both files. Of what cannot be shared it copies the
   * bytes itself, if it is told that the files are on different devices.
   */
  void copy() {
    Branch branch = branch();
    LiveFile from = file(branch);
    long target = request.longAt(16);
    if (branch == null || from == null) {
      finish(-Errno.ENOENT);
      return;
    }
    LiveFile to = NodeId.slot(target) == branch.slot() ? branch.file(NodeId.fileId(target)) : null;
    long offset = request.longAt(8);
    if (to == null || request.longAt(32) != offset) {
      finish(-Errno.EXDEV);
      return;
    }
    int result = branch.share(from, to, offset, request.longAt(40), scratch);
    if (result < 0) {
      finish(result);
    } else {
      reply.putLong(0, result);
      reply.send(request.unique(), Long.BYTES);
    }
  }

  /**
   * The kernel does not write back before it asks. Where it holds writes back it is told to first,
   * on another thread, since this one may be needed to take the pages.
   */
  void seek() {
    LiveFile file = file(branch());
    int whence = request.intAt(16);
    if (file == null || (whence != Posix.SEEK_DATA && whence != Posix.SEEK_HOLE)) {
      finish(file == null ? -Errno.ENOENT : -Errno.EINVAL);
      return;
    }
    long unique = request.unique();
    long nodeId = request.nodeId();
    long offset = request.longAt(8);
    boolean data = whence == Posix.SEEK_DATA;
    if (holdsBack) {
      int fd = reply.fd();
      syncThreads.execute(
          fd,
          unique,
          () -> {
            Notification.writeBack(fd, nodeId);
            Reply.sendLong(fd, unique, file.seek(offset, data));
          });
    } else {
      Reply.sendLong(reply.fd(), unique, file.seek(offset, data));
    }
  }
}
