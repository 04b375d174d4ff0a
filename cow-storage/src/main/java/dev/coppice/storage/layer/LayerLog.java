package dev.coppice.storage.layer;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;

/** The records of a layer's log with the offsets behind them. */
final class LayerLog implements RecordReader.Visitor {

  private final List<LayerRecord> records = new ArrayList<>();
  private final List<Long> ends = new ArrayList<>();

  @Override
  public void see(ByteBuffer payload, long endOffset) {
    add(LayerRecord.decode(payload), endOffset);
  }

  @Override
  public long durableBefore(ByteBuffer payload) {
    return LayerRecord.decode(payload) instanceof LayerRecord.Synced synced
        ? synced.logSynced()
        : 0;
  }

  void add(LayerRecord record, long endOffset) {
    records.add(record);
    ends.add(endOffset);
  }

  /** The tree after all of it, on top of a tree that the layer started from. */
  FileTree replay(FileTree start, Layer layer) {
    int first = stateRecords();
    List<StateRecord> state = new ArrayList<>();
    for (LayerRecord record : records.subList(0, first)) {
      if (record instanceof StateRecord one) {
        state.add(one);
      }
    }
    FileTree tree = LayerState.apply(start, state, layer::deltaOf);
    boolean[] lost = lostRecords(first);
    for (int i = first; i < records.size(); i++) {
      LayerRecord record = records.get(i);
      if (!lost[i]) {
        Delta delta = null;
        if (record instanceof LayerRecord.PagesWritten) {
          delta = layer.delta(record.fileId());
          delta.recorded(ends.get(i));
          delta.wrote();
        }
        tree = tree.apply(record, delta);
      }
    }
    return tree;
  }

  /** A log that was shortened begins with the state that its first records had led to. */
  private int stateRecords() {
    int count = 0;
    while (count < records.size() && records.get(count) instanceof StateRecord) {
      count++;
    }
    return count;
  }

  /**
   * Pages that had not been synced when the machine went down: walks back from each such moment.
   */
  private boolean[] lostRecords(int first) {
    boolean[] lost = new boolean[records.size()];
    Map<Long, Long> syncedBefore = new HashMap<>();
    boolean powerLost = false;
    for (int i = records.size() - 1; i >= first; i--) {
      switch (records.get(i)) {
        case LayerRecord.PowerLost r -> {
          powerLost = true;
          syncedBefore.clear();
        }
        case LayerRecord.Synced r -> syncedBefore.merge(r.fileId(), r.beforeOffset(), Math::max);
        case LayerRecord.PagesWritten r -> {
          long covered =
              Math.max(
                  syncedBefore.getOrDefault(r.fileId(), 0L), syncedBefore.getOrDefault(0L, 0L));
          lost[i] = powerLost && ends.get(i) > covered;
        }
        case LayerRecord.Created r -> {}
        case LayerRecord.Linked r -> {}
        case LayerRecord.Unlinked r -> {}
        case LayerRecord.Renamed r -> {}
        case LayerRecord.AttributesSet r -> {}
        case LayerRecord.Resized r -> {}
        case LayerRecord.PagesShared r -> {}
        case StateRecord r -> {}
      }
    }
    return lost;
  }

  /** Where the log ended when a run of the machine did, by power loss. */
  long endOf(UUID run) {
    long end = FileHeader.BYTES;
    for (int i = 0; i < records.size(); i++) {
      if (records.get(i) instanceof LayerRecord.PowerLost lost && lost.ended().equals(run)) {
        return end;
      }
      end = ends.get(i);
    }
    return end;
  }

  /** The files whose content the log speaks of. */
  List<Long> writtenFiles() {
    return records.stream()
        .filter(r ->
            r instanceof LayerRecord.PagesWritten
                || r instanceof LayerRecord.Resized
                || r instanceof LayerRecord.PagesShared
                || r instanceof StateRecord.PagesHeld
                || r instanceof StateRecord.PagesInherited)
        .map(LayerRecord::fileId)
        .distinct()
        .toList();
  }

  /** Sees the records that count. */
  void forEach(Consumer<LayerRecord> action) {
    boolean[] lost = lostRecords(stateRecords());
    for (int i = 0; i < records.size(); i++) {
      if (!lost[i]) {
        action.accept(records.get(i));
      }
    }
  }
}
