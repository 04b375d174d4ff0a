package dev.coppice.storage;

import java.util.List;

/**
 * What the store's books say against what the file system has allocated. Directories' own blocks
 * are left out. Always {@code allocatedBytes = heldBytes - holeBytes + recordBytes + overheadBytes
 * + logBytes + openBytes + stagedBytes + pendingBytes} and the bytes of orphans and leaks, less
 * those missing.
 *
 * @param layers those that branches and snapshots rest on
 * @param files files that the books account for
 * @param heldBytes pages that layers hold, at 8 KiB each
 * @param holeBytes of these, what takes no space since it is zeros
 * @param recordBytes the journal, logs and manifests
 * @param overheadBytes allocated ahead of writing, and the file system's own needs for files
 * @param logBytes plain files of the detached logs of branches
 * @param openBytes files that have no name any more and are still open
 * @param stagedBytes plain files that are to become a branch's
 * @param pendingBytes deleted, and about to be freed in the background
 * @param allocatedBytes all blocks of all files below the store's directory
 * @param differences empty when books and disk agree
 */
public record SpaceCheck(
    long layers,
    long files,
    long heldBytes,
    long holeBytes,
    long recordBytes,
    long overheadBytes,
    long logBytes,
    long openBytes,
    long stagedBytes,
    long pendingBytes,
    long allocatedBytes,
    List<SpaceDifference> differences) {

  public SpaceCheck {
    differences = List.copyOf(differences);
  }

  public boolean agrees() {
    return differences.isEmpty();
  }
}
