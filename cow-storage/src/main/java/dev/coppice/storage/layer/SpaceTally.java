package dev.coppice.storage.layer;

import dev.coppice.storage.SpaceCheck;
import dev.coppice.storage.SpaceDifference;
import dev.coppice.storage.SpaceDifference.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Adds up what an audit finds. Not thread-safe. */
public final class SpaceTally {

  private final StoreFiles store;
  private final List<SpaceDifference> differences = new ArrayList<>();
  private long layers;
  private long files;
  private long held;
  private long holes;
  private long records;
  private long overhead;
  private long logs;
  private long open;
  private long staged;
  private long pending;
  private long allocated;

  public SpaceTally(StoreFiles store) {
    this.store = store;
  }

  /** What a file takes on disk. */
  long bytes(Path file) {
    return store.fileBytes(file);
  }

  void layer() {
    layers++;
  }

  /** The journal, a log or a manifest. */
  public void record(Path file) {
    long bytes = bytes(file);
    files++;
    records += bytes;
    allocated += bytes;
  }

  /**
   * @param heldBytes the pages that the books give to a delta
   * @param heldData of these, what is data on disk
   * @param data all that is data on disk
   */
  void delta(Path file, long heldBytes, long heldData, long data, long allocatedBytes) {
    files++;
    held += heldBytes;
    holes += heldBytes - heldData;
    overhead += allocatedBytes - data;
    allocated += allocatedBytes;
    if (data > heldData) {
      differ(
          file, Kind.LEAK, data - heldData, "holds data in pages that nobody reads: hole expected");
    }
  }

  void missing(Path file, long bytes, String what) {
    held += bytes;
    differ(file, Kind.MISSING, bytes, what);
  }

  /** The files of a branch's detached log. */
  public void log(long bytes) {
    logs += bytes;
    allocated += bytes;
  }

  void open(long bytes) {
    files++;
    open += bytes;
    allocated += bytes;
  }

  public void staged(long bytes) {
    staged += bytes;
    allocated += bytes;
  }

  public void pending(long bytes) {
    pending += bytes;
    allocated += bytes;
  }

  public void orphan(Path file, long bytes) {
    allocated += bytes;
    differ(file, Kind.ORPHAN, bytes, "nothing in the books leads to it");
  }

  private void differ(Path file, Kind kind, long bytes, String what) {
    String name = store.directory().relativize(file).toString();
    differences.add(new SpaceDifference(name, kind, bytes, what));
  }

  public SpaceCheck result() {
    differences.sort(Comparator.comparing(SpaceDifference::file));
    return new SpaceCheck(
        layers,
        files,
        held,
        holes,
        records,
        overhead,
        logs,
        open,
        staged,
        pending,
        allocated,
        differences);
  }
}
