package dev.coppice.storage.posix;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What statvfs(3) tells of a file system. Not thread-safe. */
public final class FileSystemSpace {

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private long totalBytes;
  private long freeBytes;
  private long usableBytes;
  private long files;
  private long freeFiles;

  /** Takes over a struct statvfs, whose sizes count in its second field. */
  void read(MemorySegment statvfs) {
    long blockBytes = statvfs.get(LONG, 8);
    totalBytes = statvfs.get(LONG, 16) * blockBytes;
    freeBytes = statvfs.get(LONG, 24) * blockBytes;
    usableBytes = statvfs.get(LONG, 32) * blockBytes;
    files = statvfs.get(LONG, 40);
    freeFiles = statvfs.get(LONG, 48);
  }

  public long totalBytes() {
    return totalBytes;
  }

  public long freeBytes() {
    return freeBytes;
  }

  /** What is free for others than root. */
  public long usableBytes() {
    return usableBytes;
  }

  public long files() {
    return files;
  }

  public long freeFiles() {
    return freeFiles;
  }
}
