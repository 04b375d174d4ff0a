package dev.coppice.storage.branch;

import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Layer;
import dev.coppice.storage.layer.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The files of a branch that somebody uses or has changed. What is written to them reaches the tree
 * when it is folded in: at every freeze, and before so many have changed that a freeze would take
 * long.
 */
final class LiveFiles {

  /** A fold takes about a microsecond for each. */
  private static final int MAX_CHANGED = 256;

  private final Background background;
  private final Supplier<FileTree> tree;
  private final ConcurrentHashMap<Long, LiveFile> live = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Long, LiveFile> changed = new ConcurrentHashMap<>();
  private final AtomicInteger changedCount = new AtomicInteger();
  private final ConcurrentHashMap<Long, LiveFile> unclean = new ConcurrentHashMap<>();

  /**
   * @param tree the branch's present one
   */
  LiveFiles(Background background, Supplier<FileTree> tree) {
    this.background = background;
    this.tree = tree;
  }

  @Nullable LiveFile find(long fileId) {
    return live.get(fileId);
  }

  /** The regular file of that id, or null if there is none. */
  @Nullable LiveFile use(long fileId, Layer top) {
    LiveFile known = live.get(fileId);
    return known != null ? known : live.computeIfAbsent(fileId, key -> open(key, top));
  }

  /** Keeps a file alive until it is forgotten as often, even if it loses its last name. */
  void remember(long fileId, Layer top) {
    live.compute(
        fileId,
        (key, known) -> {
          LiveFile file = known == null ? open(key, top) : known;
          if (file != null) {
            var _ = file.addLookups(1);
          }
          return file;
        });
  }

  /** Reads the tree with the file's entry held, so that what was dropped from it is in the tree. */
  private @Nullable LiveFile open(long fileId, Layer top) {
    Node node = tree.get().node(fileId);
    return node == null || !node.isRegular() ? null : new LiveFile(node, top.logEnd());
  }

  void forget(long fileId, long lookups) {
    live.computeIfPresent(
        fileId,
        (key, file) -> {
          boolean last = file.addLookups(-lookups) <= 0;
          if (last && file.unlinked()) {
            discard(file);
            return null;
          }
          return last && !file.changed() && !file.uncleanEnd() ? null : file;
        });
  }

  /** A file that lost its last name lives on while the kernel knows it. */
  void unlinked(Node last, Layer top) {
    live.compute(
        last.id(),
        (key, known) -> {
          LiveFile file = known == null ? new LiveFile(last, 0) : known;
          file.unlink(last.withNoName(), top);
          if (file.lookups() > 0) {
            return file;
          }
          discard(top, key);
          return null;
        });
  }

  private void discard(LiveFile file) {
    Delta own = file.own();
    if (own != null) {
      discard(own.layer(), file.id());
    }
    Layer home = file.unlinkedIn();
    if (home != null) {
      discard(home, file.id());
    }
  }

  private void discard(Layer layer, long fileId) {
    Delta delta = layer.deltas().forget(fileId);
    if (delta != null) {
      background.reclaim(layer, layer.logEnd(), () -> layer.deltas().discard(delta));
    }
  }

  /** Whether a file without a name uses one of these layers. */
  boolean keepWithoutName(Set<Layer> layers) {
    return live.values().stream().anyMatch(file -> file.keepsWithoutName(layers));
  }

  /** To be called after a file was written to; whether a fold is due. */
  boolean noteChange(LiveFile file) {
    if (file.uncleanEnd()) {
      unclean.put(file.id(), file);
    }
    if (!file.changed() || file.unlinked() || !file.firstNote()) {
      return false;
    }
    changed.put(file.id(), file);
    return changedCount.incrementAndGet() > MAX_CHANGED;
  }

  /** Clears what failed writes have left behind the ends of files; 0 or a negated errno. */
  int cleanEnds() {
    for (LiveFile file : unclean.values()) {
      int result = file.cleanEnd();
      if (result < 0) {
        return result;
      }
      unclean.remove(file.id());
    }
    return 0;
  }

  /**
   * Brings what was written to files since the last fold into the tree. One at a time, and nobody
   * else changes the tree meanwhile.
   */
  FileTree fold(Consumer<FileTree> publish) {
    FileTree folded = tree.get();
    changedCount.set(0);
    List<LiveFile> settled = new ArrayList<>();
    for (LiveFile file : changed.values()) {
      // Before its content is taken, so that whoever writes after that notes it again.
      changed.remove(file.id());
      Node node = file.unlinked() ? null : folded.node(file.id());
      if (node != null) {
        folded = folded.with(file.fold(node));
        settled.add(file);
      }
    }
    publish.accept(folded);
    settled.forEach(this::settle);
    return folded;
  }

  private void settle(LiveFile file) {
    live.computeIfPresent(
        file.id(),
        (key, known) -> {
          known.settle();
          boolean needed = known.lookups() > 0 || known.changed() || known.uncleanEnd();
          return needed ? known : null;
        });
  }
}
