package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** The store-wide log of which branches, snapshots and layers exist. */
public final class Journal implements AutoCloseable {

  static final String MAGIC = "COPSTORE";
  private static final int MAX_RECORD_BYTES = 1 << 16;
  private static final long PREALLOCATED_BYTES = 1 << 16;

  private final RecordLog log;
  private final UUID storeId;

  private Journal(RecordLog log, UUID storeId) {
    this.log = log;
    this.storeId = storeId;
  }

  public static boolean exists(StoreFiles files) {
    return files.disk().exists(files.journal());
  }

  /** Reads what the journal says, for a store that was open before. */
  public static UUID read(StoreFiles files, Catalogue catalogue, RecordLog.Tail tail) {
    UUID id = RecordLog.idOf(files.disk(), files.journal());
    RecordLog.read(
        files.disk(),
        files.journal(),
        MAGIC,
        id,
        MAX_RECORD_BYTES,
        tail,
        (payload, end) -> Edit.decodeAll(payload).forEach(catalogue::apply));
    catalogue.collect();
    return id;
  }

  /** Starts a journal that says what the catalogue does, and replaces the one before. */
  public static Journal start(StoreFiles files, UUID storeId, Catalogue catalogue) {
    Path path = files.journal();
    Path fresh = path.resolveSibling("journal.new");
    RecordLog log =
        RecordLog.create(files.disk(), fresh, MAGIC, storeId, MAX_RECORD_BYTES, PREALLOCATED_BYTES);
    try {
      for (Edit edit : catalogue.edits()) {
        check(log, log.append(out -> Edit.encodeAll(List.of(edit), out)));
      }
      check(log, log.sync(log.position()));
      check(log, files.disk().rename(fresh, path));
      check(log, files.disk().syncDirectory(files.directory()));
    } catch (StorageException e) {
      log.close();
      throw e;
    }
    return new Journal(log, storeId);
  }

  private static void check(RecordLog log, long result) {
    if (result < 0) {
      throw StoreFiles.failure("write", log.path(), result);
    }
  }

  public UUID storeId() {
    return storeId;
  }

  /** Appends edits that count together; returns the offset to sync up to. Throws if it cannot. */
  public long append(List<Edit> edits) {
    long end = log.append(out -> Edit.encodeAll(edits, out));
    check(log, end);
    return end;
  }

  /** Makes the journal durable up to an offset; 0 or a negated errno. */
  public int sync(long offset) {
    return log.sync(offset);
  }

  public void syncOrThrow(long offset) {
    check(log, sync(offset));
  }

  @Override
  public void close() {
    log.close();
  }
}
