package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Edit;
import dev.coppice.storage.layer.Journal;
import java.util.List;

/** Gives out file ids, each once in the life of the store. */
final class FileIds {

  /** Reserved in the journal at once, so that most files need no record there. */
  private static final long CHUNK = 1 << 20;

  private final Journal journal;
  private long next;
  private long reservedEnd;

  FileIds(Journal journal, long firstFree) {
    this.journal = journal;
    this.next = firstFree;
    this.reservedEnd = firstFree;
  }

  synchronized long next() {
    if (next == reservedEnd) {
      long end = reservedEnd + CHUNK;
      journal.syncOrThrow(journal.append(List.of(new Edit.FileIdsReserved(end))));
      reservedEnd = end;
    }
    return next++;
  }
}
