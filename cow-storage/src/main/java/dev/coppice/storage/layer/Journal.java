package dev.coppice.storage.layer;

import dev.coppice.storage.StorageException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** The store-wide log of which branches, snapshots and layers exist. */
public final class Journal implements AutoCloseable {

  static final String MAGIC = "COPSTORE";
  private static final int MAX_RECORD_BYTES = 1 << 16;
  private static final long PREALLOCATED_BYTES = 1 << 16;

  private final Path path;
  private final RecordLog log;
  private final UUID storeId;
  private final Catalogue catalogue;
  private final long growthBytes;
  private long shortenAt;

  private Journal(Path path, RecordLog log, UUID storeId, Catalogue catalogue, long growthBytes) {
    this.path = path;
    this.catalogue = catalogue;
    this.growthBytes = growthBytes;
    this.shortenAt = log.growthLimit(growthBytes);
    this.log = log;
    this.storeId = storeId;
  }

  public static boolean exists(StoreFiles files) {
    return files.disk().exists(files.journal());
  }

  /**
   * Reads what the journal says, for a store that was open before. What is torn off at its end was
   * never acknowledged, as nothing is before it is synced.
   */
  public static UUID read(StoreFiles files, Catalogue catalogue) {
    RecordReader.Visitor visitor =
        new RecordReader.Visitor() {
          @Override
          public void see(ByteBuffer payload, long endOffset) {
            Edit.decodeAll(payload.position(Long.BYTES)).forEach(catalogue::apply);
          }

          @Override
          public long durableBefore(ByteBuffer payload) {
            return payload.getLong();
          }
        };
    RecordReader.Content content =
        RecordReader.open(files.disk(), files.journal(), MAX_RECORD_BYTES)
            .read(MAGIC, RecordReader.Tail.POWER_LOST, visitor);
    catalogue.collect();
    return content.header().id();
  }

  /** Starts a journal that says what the catalogue does, and replaces the one before. */
  public static Journal start(StoreFiles files, UUID storeId, Catalogue catalogue) {
    Path path = files.journal();
    Path fresh = path.resolveSibling(path.getFileName() + RecordLog.FRESH);
    RecordLog log =
        RecordLog.create(files.disk(), fresh, MAGIC, storeId, MAX_RECORD_BYTES, PREALLOCATED_BYTES);
    try {
      check(fresh, appendAll(log, catalogue));
      check(fresh, log.finish(0));
      check(path, log.rename(path));
      check(path, files.syncPlace());
    } catch (StorageException e) {
      log.close();
      throw e;
    }
    return new Journal(path, log, storeId, catalogue, files.logGrowthBytes());
  }

  private static int appendAll(RecordLog log, Catalogue catalogue) {
    long result = 0;
    for (Edit edit : catalogue.edits()) {
      result = result < 0 ? result : append(log, List.of(edit));
    }
    return (int) Math.min(0, result);
  }

  /** Each record tells up to where the journal was durable before, so that damage there shows. */
  private static long append(RecordLog log, List<Edit> edits) {
    return log.append(out -> {
      out.putLong(log.synced());
      Edit.encodeAll(edits, out);
    });
  }

  private static void check(Path path, long result) {
    if (result < 0) {
      throw StoreFiles.failure("write", path, result);
    }
  }

  public UUID storeId() {
    return storeId;
  }

  /** Appends edits that count together; returns the offset to sync up to. Throws if it cannot. */
  public synchronized long append(List<Edit> edits) {
    long end = append(log, edits);
    check(path, end);
    edits.forEach(catalogue::apply);
    if (end > shortenAt) {
      shorten(end);
    }
    return end;
  }

  /** What fails here is tried again when the journal has grown further. */
  private void shorten(long end) {
    catalogue.collect();
    try {
      var _ = log.replaceBeginning(end, fresh -> appendAll(fresh, catalogue));
    } catch (StorageException e) {
      shortenAt = end + growthBytes;
      return;
    }
    shortenAt = Math.max(end + growthBytes, log.growthLimit(growthBytes));
  }

  /** Makes the journal durable up to an offset; 0 or a negated errno. */
  public int sync(long offset) {
    return log.sync(offset);
  }

  public void syncOrThrow(long offset) {
    check(path, sync(offset));
  }

  @Override
  public void close() {
    log.close();
  }
}
