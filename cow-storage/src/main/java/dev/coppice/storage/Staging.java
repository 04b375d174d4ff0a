package dev.coppice.storage;

import java.nio.file.Path;

/**
 * An empty plain directory on the store's own disk. Files written there at the disk's own speed
 * become a branch's without being copied: {@link PageStore#fill}. It does not outlive the store.
 */
public interface Staging extends AutoCloseable {

  /** Belongs to the owner of the store's files, who can also reach it. */
  Path directory();

  /** Removes it with all that is still in it. */
  @Override
  void close();
}
