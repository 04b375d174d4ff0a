package dev.coppice.storage.branch;

import dev.coppice.storage.StorageException;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.posix.Errno;
import java.lang.foreign.MemorySegment;
import java.util.function.BiConsumer;

/**
 * Gives files of a branch pages in common. Where the top layer holds many of them, it is frozen
 * first, which takes no longer than a record of the journal.
 */
final class Cloning {

  private static final int TO_FREEZE = Integer.MIN_VALUE;

  private final Branch branch;
  private final Background background;
  private final BiConsumer<Branch, Layer> freezer;

  /** Since the last freeze. Guarded by the branch's names. */
  private int pagesCopied;

  /**
   * @param freezer puts a new layer on top of the branch if this one still is
   */
  Cloning(Branch branch, Background background, BiConsumer<Branch, Layer> freezer) {
    this.branch = branch;
    this.background = background;
    this.freezer = freezer;
  }

  /** See {@link Branch#share}. */
  int share(LiveFile from, LiveFile to, long offset, long bytes, MemorySegment scratch) {
    Layer top = branch.top();
    int result = shareOnce(from, to, offset, bytes, scratch);
    if (result != TO_FREEZE) {
      return result;
    }
    try {
      freezer.accept(branch, top);
    } catch (StorageException e) {
      return -Errno.EXDEV;
    }
    result = shareOnce(from, to, offset, bytes, scratch);
    return result == TO_FREEZE ? -Errno.EXDEV : result;
  }

  private int shareOnce(
      LiveFile from, LiveFile to, long offset, long bytes, MemorySegment scratch) {
    Allowance limit = branch.allowance();
    if (limit != null) {
      PageSharing planned = new PageSharing(branch.top(), from, to, offset, bytes, scratch);
      int copied = Math.min(planned.pagesToCopy(), PageSharing.MOST_COPIED_PAGES);
      int refused = limit.spend(branch.tree(), to, copied, planned.end());
      if (refused < 0) {
        return refused;
      }
    }
    return branch.changeNames(() -> {
      boolean surplus;
      int result;
      // With the names held nobody else locks two files, and nobody takes their names.
      synchronized (from) {
        synchronized (to) {
          PageSharing sharing = new PageSharing(branch.top(), from, to, offset, bytes, scratch);
          surplus = sharing.replacesTops();
          result = sharing.possible() ? share(sharing) : -Errno.EXDEV;
        }
      }
      branch.noteChange(to);
      boolean tried = result != TO_FREEZE && result != -Errno.EXDEV;
      if (tried && (surplus || result < 0)) {
        Layer top = branch.top();
        background.reclaim(top, top.logEnd(), () -> branch.freeSurplus(to.id()));
      }
      return result;
    });
  }

  private int share(PageSharing sharing) {
    int copied = sharing.pagesToCopy();
    if (copied > PageSharing.MOST_COPIED_PAGES - pagesCopied) {
      pagesCopied = 0;
      return TO_FREEZE;
    }
    pagesCopied += copied;
    return sharing.run();
  }
}
