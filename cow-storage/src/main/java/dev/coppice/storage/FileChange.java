package dev.coppice.storage;

import java.util.List;
import java.util.Optional;

/**
 * How one file differs between two states. A file is the same in both if it was inherited, whatever
 * it is called; one that was removed and made anew under the same name is two files. What lies
 * below a renamed directory has other paths then, and is not listed for that alone.
 *
 * @param fileId the same in all states of a lineage
 * @param before absent where the earlier state has no such file
 * @param after absent where the later state has no such file
 * @param pages those that differ, ascending and apart from each other: whatever was written on one
 *     side, even if with the bytes that were there before. Pages that neither state holds read as
 *     zeros in both as far as the sizes reach, and are not listed
 */
public record FileChange(
    long fileId, Optional<FileVersion> before, Optional<FileVersion> after, List<PageRange> pages) {

  public FileChange {
    pages = List.copyOf(pages);
    if (before.isEmpty() && after.isEmpty()) {
      throw new IllegalArgumentException("file " + fileId + " is in neither state");
    }
  }

  public long pageCount() {
    return pages.stream().mapToLong(PageRange::count).sum();
  }
}
