package dev.coppice.storage.branch;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The names that a branch should have, and all that it may have after a power loss. */
final class BranchModel {

  /**
   * @param file null for a directory or a symbolic link
   * @param target where a symbolic link points, else empty
   */
  record Entry(@Nullable FileModel file, String target, int permissions) {

    boolean isDirectory() {
      return file == null && target.isEmpty();
    }
  }

  private final List<SortedMap<String, Entry>> states = new ArrayList<>();
  private long firstState;
  private int acknowledged;

  BranchModel() {
    states.add(new TreeMap<>());
  }

  BranchModel copy() {
    Map<FileModel, FileModel> copies = new HashMap<>();
    BranchModel copy = new BranchModel();
    copy.states.clear();
    for (SortedMap<String, Entry> state : states) {
      TreeMap<String, Entry> entries = new TreeMap<>();
      state.forEach((path, entry) -> {
        FileModel file = entry.file();
        FileModel fileCopy = file == null ? null : copies.computeIfAbsent(file, FileModel::copy);
        entries.put(path, new Entry(fileCopy, entry.target(), entry.permissions()));
      });
      copy.states.add(entries);
    }
    copy.firstState = firstState;
    copy.acknowledged = acknowledged;
    return copy;
  }

  SortedMap<String, Entry> entries() {
    return states.get(acknowledged);
  }

  @Nullable FileModel file(String path) {
    Entry entry = entries().get(path);
    return entry == null ? null : entry.file();
  }

  /** The number of the state that the next attempt makes. */
  long nextState() {
    return firstState + states.size();
  }

  int unsyncedStates() {
    return states.size();
  }

  void attempt(SortedMap<String, Entry> entries) {
    states.add(entries);
  }

  void acknowledge() {
    acknowledged = states.size() - 1;
  }

  /** The attempt has failed, and nothing is left of it. */
  void refuse() {
    states.subList(acknowledged + 1, states.size()).clear();
  }

  /** No state before this one comes back. */
  void syncedUpTo(long state) {
    int gone = (int) Math.min(acknowledged, state - firstState);
    if (gone > 0) {
      states.subList(0, gone).clear();
      firstState += gone;
      acknowledged -= gone;
    }
  }

  void namesSynced() {
    syncedUpTo(firstState + acknowledged);
  }

  void allSynced() {
    namesSynced();
    entries()
        .values()
        .forEach(entry -> {
          FileModel file = entry.file();
          if (file != null) {
            file.synced();
          }
        });
  }

  /**
   * Compares with what was found after a stop, and takes that for what should be from now on.
   *
   * @return what is wrong, or empty
   */
  String reconcile(FoundFiles found, boolean powerLost) {
    StringBuilder problems = new StringBuilder();
    int from = powerLost ? 0 : acknowledged;
    for (int i = states.size() - 1; i >= from; i--) {
      String problem = compare(states.get(i), found, powerLost);
      if (problem == null) {
        adopt(states.get(i), found, powerLost);
        return "";
      }
      problems.append("\n  state ").append(firstState + i).append(": ").append(problem);
    }
    return problems.toString();
  }

  /** What is not as it was acknowledged while nothing has stopped; empty if all is. */
  String difference(FoundFiles found) {
    String problem = compare(entries(), found, false);
    return problem == null ? "" : problem;
  }

  private static @Nullable String compare(
      SortedMap<String, Entry> state, FoundFiles found, boolean powerLost) {
    if (!state.keySet().equals(found.entries().keySet())) {
      return "names are " + found.entries().keySet() + ", not " + state.keySet();
    }
    for (Map.Entry<String, Entry> expected : state.entrySet()) {
      Entry entry = expected.getValue();
      FoundFiles.Found actual = requireNonNull(found.entries().get(expected.getKey()));
      FileModel file = entry.file();
      Optional<byte[]> content = actual.content();
      if ((file == null) != content.isEmpty()
          || !entry.target().equals(actual.target())
          || entry.permissions() != actual.permissions()) {
        return expected.getKey() + " is " + actual + ", not " + entry;
      }
      String problem = file == null ? null : file.problem(content.orElseThrow(), powerLost);
      if (problem != null) {
        return expected.getKey() + " " + problem;
      }
    }
    return null;
  }

  private void adopt(SortedMap<String, Entry> state, FoundFiles found, boolean powerLost) {
    Map<FileModel, byte[]> contents = new HashMap<>();
    state.forEach((path, entry) -> {
      FileModel file = entry.file();
      if (file != null) {
        contents.put(file, requireNonNull(found.entries().get(path)).content().orElseThrow());
      }
    });
    contents.forEach(FileModel::found);
    attempt(state);
    acknowledge();
    if (powerLost) {
      allSynced();
    }
  }
}
