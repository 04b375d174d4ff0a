package dev.coppice.storage.branch;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.StorageFailure;
import dev.coppice.storage.layer.StoreFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Keeps a second program away from the store. The kernel releases it when this one dies. */
final class StoreLock implements AutoCloseable {

  private final FileChannel channel;

  private StoreLock(FileChannel channel) {
    this.channel = channel;
  }

  static StoreLock acquire(StoreFiles files) {
    try {
      FileChannel channel =
          FileChannel.open(files.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new StorageException(
            StorageFailure.STORE_IN_USE,
            "could not open the store %s: another program has it open".formatted(files.directory()),
            "Stop the other Coppice server, or give this one a data directory of its own.");
      }
      return new StoreLock(channel);
    } catch (IOException e) {
      throw StoreFiles.failure("lock", files.lock(), e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
