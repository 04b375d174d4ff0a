package dev.coppice.storage.fuse;

import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.posix.FileSystemSpace;
import dev.coppice.storage.posix.Posix;
import java.nio.file.Path;

/** Answers STATFS with what is free on the disk that the store is on. */
final class Statistics {

  static final int OUT_BYTES = 80;
  private static final int BLOCK_BYTES = 4096;

  private final Path directory;
  private final FileSystemSpace space = new FileSystemSpace();

  Statistics(Path directory) {
    this.directory = directory;
  }

  /** Puts struct fuse_statfs_out; 0 or a negated errno. */
  int put(Reply reply) {
    int result = Posix.statvfs(directory.toString(), space);
    if (result < 0) {
      return result;
    }
    reply.clear(OUT_BYTES);
    reply.putLong(0, space.totalBytes() / BLOCK_BYTES);
    reply.putLong(8, space.freeBytes() / BLOCK_BYTES);
    reply.putLong(16, space.usableBytes() / BLOCK_BYTES);
    reply.putLong(24, space.files());
    reply.putLong(32, space.freeFiles());
    reply.putInt(40, BLOCK_BYTES);
    reply.putInt(44, FileNames.MAX_BYTES);
    reply.putInt(48, BLOCK_BYTES);
    return 0;
  }
}
