package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.Branch;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.branch.LiveFile;
import dev.coppice.storage.posix.Errno;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Answers requests about ranges of a file's bytes, other than reading and writing them. */
final class RangeOperations {

  private static final int SEEK_DATA = 3;
  private static final int SEEK_HOLE = 4;
  private static final int LSEEK_OUT_BYTES = 8;

  private final BranchStore store;
  private final Request request;
  private final Reply reply;
  private final MemorySegment scratch;

  RangeOperations(BranchStore store, Request request, Reply reply, MemorySegment scratch) {
    this.store = store;
    this.request = request;
    this.reply = reply;
    this.scratch = scratch;
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

  /** Everything that was written is here, since the kernel writes through. */
  void seek() {
    LiveFile file = file(branch());
    int whence = request.intAt(16);
    if (file == null || (whence != SEEK_DATA && whence != SEEK_HOLE)) {
      finish(file == null ? -Errno.ENOENT : -Errno.EINVAL);
      return;
    }
    long found = file.seek(request.longAt(8), whence == SEEK_DATA);
    if (found < 0) {
      finish((int) found);
      return;
    }
    reply.putLong(0, found);
    reply.send(request.unique(), LSEEK_OUT_BYTES);
  }
}
