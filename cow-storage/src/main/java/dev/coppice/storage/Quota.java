package dev.coppice.storage;

import java.util.Set;

/**
 * How much a branch may hold of its own. Growing beyond it fails with ENOSPC. What a program needs
 * to end in order may go over it by a {@link #reserveBytes reserve}: overwriting what is there,
 * small files, and files in directories that are named here.
 *
 * @param bytes of the branch's own, as {@link BranchSpace} counts them
 * @param reserved names of directories at the branch's top level
 */
public record Quota(long bytes, Set<String> reserved) {

  private static final long LEAST_RESERVE_BYTES = 64L << 20;

  public Quota {
    if (bytes <= 0) {
      throw new IllegalArgumentException("a quota of " + bytes + " bytes");
    }
    reserved = Set.copyOf(reserved);
  }

  /** A tenth, and at least 64 MiB. */
  public long reserveBytes() {
    return Math.max(LEAST_RESERVE_BYTES, bytes / 10);
  }
}
