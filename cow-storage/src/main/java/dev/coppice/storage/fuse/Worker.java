package dev.coppice.storage.fuse;

import dev.coppice.storage.CorruptStoreException;
import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.branch.Branch;
import dev.coppice.storage.branch.BranchStore;
import dev.coppice.storage.branch.LiveFile;
import dev.coppice.storage.layer.Page;
import dev.coppice.storage.posix.Errno;
import dev.coppice.storage.posix.Posix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that reads requests from its own clone of the device and answers them. Reading and
 * writing files happens here; the rest is in {@link NameOperations} and {@link RangeOperations}.
 */
final class Worker implements Runnable {

  static final int BUFFER_BYTES = Handshake.MAX_WRITE_BYTES + (64 << 10);

  private static final Logger LOG = LoggerFactory.getLogger(Worker.class);
  private static final int WRITE_DATA_OFFSET = 80;
  private static final int WRITTEN_BACK = 1;
  private static final int NICENESS = -10;

  private final int fd;
  private final BranchStore store;
  private final SyncThreads syncThreads;
  private final NameOperations names;
  private final RangeOperations ranges;
  private final Request request;
  private final Reply reply;
  private final MemorySegment scratch;
  private final RequestTally tally = new RequestTally();

  /**
   * @param memory lives as long as the worker
   * @param holdsBack whether the kernel keeps what is written for a while
   */
  Worker(
      int fd,
      BranchStore store,
      Attributes attributes,
      SyncThreads syncThreads,
      Arena memory,
      boolean holdsBack) {
    this.fd = fd;
    this.store = store;
    this.syncThreads = syncThreads;
    this.request = new Request(memory.allocate(BUFFER_BYTES, Page.BYTES));
    this.reply = new Reply(fd, memory.allocate(BUFFER_BYTES, Page.BYTES));
    this.scratch = memory.allocate(Page.BYTES, Page.BYTES);
    this.names = new NameOperations(store, attributes, request, reply, scratch);
    this.ranges = new RangeOperations(store, request, reply, scratch, syncThreads, holdsBack);
  }

  Request request() {
    return request;
  }

  Reply reply() {
    return reply;
  }

  RequestTally tally() {
    return tally;
  }

  /** Reads the next request; false when the mount is gone. */
  boolean readRequest() {
    while (true) {
      long got = Posix.read(fd, request.memory().address(), BUFFER_BYTES);
      if (got > 0) {
        return true;
      }
      if (got != -Errno.EINTR && got != -Errno.EAGAIN && got != -Errno.ENOENT) {
        return false;
      }
    }
  }

  @Override
  public void run() {
    // Engines wait for this thread, so it should not wait for them. Without the right to, it does.
    Posix.setThreadNiceness(NICENESS);
    Posix.becomeFlusher();
    while (readRequest()) {
      long began = System.nanoTime();
      int opcode = request.opcode();
      try {
        dispatch();
      } catch (StorageException e) {
        boolean full = e.failure() == StorageFailure.DISK_FULL;
        LOG.warn("request {} failed", request.opcode(), e);
        reply.sendResult(request.unique(), full ? -Errno.ENOSPC : -Errno.EIO);
      } catch (CorruptStoreException e) {
        LOG.error("request {} met corruption", request.opcode(), e);
        reply.sendResult(request.unique(), -Errno.EIO);
      } catch (RuntimeException e) {
        LOG.error("bug in request {} of node {}", request.opcode(), request.nodeId(), e);
        reply.sendResult(request.unique(), -Errno.EIO);
      }
      tally.answered(opcode, System.nanoTime() - began);
    }
  }

  private void dispatch() {
    switch (request.opcode()) {
      case Opcode.READ -> read();
      case Opcode.WRITE -> write();
      case Opcode.FSYNC, Opcode.FSYNCDIR, Opcode.SYNCFS -> sync();
      case Opcode.FALLOCATE -> ranges.allocate();
      case Opcode.LSEEK -> ranges.seek();
      case Opcode.COPY_FILE_RANGE, Opcode.COPY_FILE_RANGE_64 -> ranges.copy();
      case Opcode.FORGET, Opcode.BATCH_FORGET -> names.forget();
      case Opcode.INTERRUPT -> {
        // Nothing here takes long enough to be worth interrupting.
      }
      case Opcode.DESTROY, Opcode.RELEASE, Opcode.RELEASEDIR -> finish(0);
      default -> names.dispatch();
    }
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

  private void read() {
    LiveFile file = file(branch());
    if (file == null) {
      finish(-Errno.ENOENT);
      return;
    }
    int bytes = Math.min(request.intAt(16), Handshake.MAX_WRITE_BYTES);
    int result = file.read(reply.memory(), Reply.HEADER_BYTES, bytes, request.longAt(8));
    if (result < 0) {
      LOG.error("read of node {} at {}: error {}", request.nodeId(), request.longAt(8), -result);
      finish(result);
    } else {
      tally.read(result);
      file.count(request.longAt(8), result, tally.pagesRead());
      reply.send(request.unique(), result);
    }
  }

  private void write() {
    Branch branch = branch();
    LiveFile file = file(branch);
    if (branch == null || file == null) {
      finish(-Errno.ENOENT);
      return;
    }
    int bytes = request.intAt(16);
    long offset = request.longAt(8);
    boolean cached = (request.intAt(20) & WRITTEN_BACK) != 0;
    file.count(offset, bytes, tally.pagesWritten());
    tally.written(bytes);
    int result =
        cached
            ? branch.writeBack(file, request.memory(), WRITE_DATA_OFFSET, bytes, offset, scratch)
            : branch.write(file, request.memory(), WRITE_DATA_OFFSET, bytes, offset, scratch);
    if (result < 0) {
      finish(result);
      return;
    }
    reply.putInt(0, result);
    reply.putInt(4, 0);
    reply.send(request.unique(), 8);
  }

  private void sync() {
    Branch branch = branch();
    if (branch == null) {
      finish(0);
      return;
    }
    syncThreads.submit(
        fd, request.unique(), branch, request.opcode(), NodeId.fileId(request.nodeId()));
  }
}
