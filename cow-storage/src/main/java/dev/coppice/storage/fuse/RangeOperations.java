package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.Branch;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.branch.LiveFile;
import dev.coppice.storage.posix.Errno;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Answers requests about ranges of a file's bytes, other than reading and writing them. */
final class RangeOperations {

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
}
