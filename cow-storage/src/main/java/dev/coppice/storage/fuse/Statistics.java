package dev.coppice.storage.fuse;

import dev.coppice.storage.branch.Room;
import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.posix.FileSystemSpace;
import dev.coppice.storage.posix.Posix;
import java.nio.file.Path;
import java.util.Optional;

/** Answers STATFS with what is free on the store's disk, and of the branch's quota. */
final class Statistics {

  static final int OUT_BYTES = 80;
  private static final int BLOCK_BYTES = 4096;

  private final Path directory;
  private final FileSystemSpace space = new FileSystemSpace();

  Statistics(Path directory) {
    this.directory = directory;
  }

  /** Puts struct fuse_statfs_out; 0 or a negated errno. */
  int put(Reply reply, Optional<Room> room) {
    int result = Posix.statvfs(directory.toString(), space);
    if (result < 0) {
      return result;
    }
    reply.clear(OUT_BYTES);
    long quota = room.map(Room::quotaBytes).orElse(Long.MAX_VALUE);
    long left = room.map(Room::leftBytes).orElse(Long.MAX_VALUE);
    reply.putLong(0, Math.min(quota, space.totalBytes()) / BLOCK_BYTES);
    reply.putLong(8, Math.min(left, space.freeBytes()) / BLOCK_BYTES);
    reply.putLong(16, Math.min(left, space.usableBytes()) / BLOCK_BYTES);
    reply.putLong(24, space.files());
    reply.putLong(32, space.freeFiles());
    reply.putInt(40, BLOCK_BYTES);
    reply.putInt(44, FileNames.MAX_BYTES);
    reply.putInt(48, BLOCK_BYTES);
    return 0;
  }
}
