package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.PageTally;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What one worker has answered. It alone counts, without any locked instruction; any thread may
 * read.
 */
final class RequestTally {

  private static final int OPCODES = 64;
  private static final int READ = 0;
  private static final int WRITTEN = 1;

  private final AtomicLongArray requests = new AtomicLongArray(OPCODES);
  private final AtomicLongArray nanos = new AtomicLongArray(OPCODES);
  private final AtomicLongArray bytes = new AtomicLongArray(2);
  private final PageTally pagesRead = new PageTally();
  private final PageTally pagesWritten = new PageTally();

  void answered(int opcode, long tookNanos) {
    int at = opcode & (OPCODES - 1);
    add(requests, at, 1);
    add(nanos, at, tookNanos);
  }

  void read(long number) {
    add(bytes, READ, number);
  }

  void written(long number) {
    add(bytes, WRITTEN, number);
  }

  private static void add(AtomicLongArray counts, int at, long number) {
    counts.setRelease(at, counts.getPlain(at) + number);
  }

  long requests(int opcode) {
    return requests.getAcquire(opcode);
  }

  long nanos(int opcode) {
    return nanos.getAcquire(opcode);
  }

  long bytesRead() {
    return bytes.getAcquire(READ);
  }

  long bytesWritten() {
    return bytes.getAcquire(WRITTEN);
  }

  PageTally pagesRead() {
    return pagesRead;
  }

  PageTally pagesWritten() {
    return pagesWritten;
  }
}
