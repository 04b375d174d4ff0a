package dev.coppice.storage.fuse;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.posix.Errno;

/** Answers INIT: which version is spoken and which of its options. */
final class Handshake {

  static final int MAX_WRITE_BYTES = 1 << 20;

  private static final int MAJOR = 7;
  private static final int OLDEST_MINOR = 31;
  private static final int MINOR = 38;
  private static final int KERNEL_PAGE_BYTES = 4096;
  private static final int INIT_OUT_BYTES = 64;
  private static final int MAX_BACKGROUND = 64;
  private static final int CONGESTION_THRESHOLD = 48;

  private static final int ASYNC_READ = 1;
  private static final int BIG_WRITES = 1 << 5;
  private static final int WRITEBACK_CACHE = 1 << 16;
  private static final int NO_OPEN_SUPPORT = 1 << 17;
  private static final int PARALLEL_DIROPS = 1 << 18;
  private static final int ABORT_ERROR = 1 << 21;
  private static final int MAX_PAGES = 1 << 22;
  private static final int CACHE_SYMLINKS = 1 << 23;
  private static final int EXPLICIT_INVAL_DATA = 1 << 25;
  private static final int WANTED =
      ASYNC_READ
          | BIG_WRITES
          | NO_OPEN_SUPPORT
          | PARALLEL_DIROPS
          | ABORT_ERROR
          | MAX_PAGES
          | CACHE_SYMLINKS
          | EXPLICIT_INVAL_DATA;

  private Handshake() {}

  /**
   * @param holdsBack whether the kernel may keep what is written until a sync or a close
   */
  static void answer(Request request, Reply reply, boolean holdsBack) {
    if (request.opcode() != Opcode.INIT) {
      throw new IllegalStateException("the kernel began with request " + request.opcode());
    }
    int major = request.intAt(0);
    int minor = request.intAt(4);
    if (major != MAJOR || minor < OLDEST_MINOR) {
      reply.sendResult(request.unique(), -Errno.EINVAL);
      throw new StorageException(
          StorageFailure.FUSE_UNAVAILABLE,
          "the kernel speaks FUSE %d.%d, which is older than %d.%d"
              .formatted(major, minor, MAJOR, OLDEST_MINOR),
          "Use Linux 5.4 or newer.");
    }
    reply.clear(INIT_OUT_BYTES);
    reply.putInt(0, MAJOR);
    reply.putInt(4, Math.min(minor, MINOR));
    reply.putInt(8, Math.max(request.intAt(8), MAX_WRITE_BYTES));
    int wanted = holdsBack ? WANTED | WRITEBACK_CACHE : WANTED;
    reply.putInt(12, request.intAt(12) & wanted);
    reply.putShort(16, MAX_BACKGROUND);
    reply.putShort(18, CONGESTION_THRESHOLD);
    reply.putInt(20, MAX_WRITE_BYTES);
    reply.putInt(24, 1);
    reply.putShort(28, MAX_WRITE_BYTES / KERNEL_PAGE_BYTES);
    reply.send(request.unique(), INIT_OUT_BYTES);
  }
}
