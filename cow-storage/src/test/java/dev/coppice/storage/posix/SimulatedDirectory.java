package dev.coppice.storage.posix;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The names in a directory as the process sees them, as the disk is sure to hold them. */
final class SimulatedDirectory {

  private sealed interface Change {}

  /** An entry is a {@link SimulatedFile} or a {@link SimulatedDirectory}. */
  private record Added(String name, Object entry) implements Change {}

  private record Removed(String name) implements Change {}

  private record Renamed(String from, String to) implements Change {}

  private final TreeMap<String, Object> now = new TreeMap<>();
  private final TreeMap<String, Object> durable = new TreeMap<>();
  private final List<Change> unsynced = new ArrayList<>();

  Map<String, Object> entries() {
    return now;
  }

  @Nullable Object get(String name) {
    return now.get(name);
  }

  void add(String name, Object entry) {
    change(new Added(name, entry));
  }

  void remove(String name) {
    change(new Removed(name));
  }

  void rename(String from, String to) {
    change(new Renamed(from, to));
  }

  private void change(Change change) {
    apply(change, now);
    unsynced.add(change);
  }

  private static void apply(Change change, Map<String, Object> entries) {
    switch (change) {
      case Added added -> entries.put(added.name(), added.entry());
      case Removed removed -> entries.remove(removed.name());
      case Renamed renamed -> {
        Object entry = entries.remove(renamed.from());
        if (entry != null) {
          entries.put(renamed.to(), entry);
        }
      }
    }
  }

  /** See {@link SimulatedFile#forgetRefusal}. */
  void forgetRefusals() {
    for (Object entry : now.values()) {
      if (entry instanceof SimulatedFile file) {
        file.forgetRefusal();
      } else if (entry instanceof SimulatedDirectory directory) {
        directory.forgetRefusals();
      }
    }
  }

  void sync() {
    unsynced.clear();
    durable.clear();
    durable.putAll(now);
  }

  /** Changes of names reach the disk in order up to some point, or any of them without the rest. */
  void losePower(Random random) {
    boolean inOrder = random.nextBoolean();
    int reached = random.nextInt(unsynced.size() + 1);
    for (int i = 0; i < unsynced.size(); i++) {
      if (inOrder ? i < reached : random.nextBoolean()) {
        apply(unsynced.get(i), durable);
      }
    }
    unsynced.clear();
    now.clear();
    now.putAll(durable);
    for (Object entry : now.values()) {
      if (entry instanceof SimulatedFile file) {
        file.losePower(random);
      } else if (entry instanceof SimulatedDirectory directory) {
        directory.losePower(random);
      }
    }
  }
}
