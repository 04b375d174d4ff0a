package dev.coppice.storage.layer;

import dev.coppice.storage.tree.PageMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The pages that one of a layer's deltas holds for the files of a state: usually for the file of
 * its own id, and in a merged layer also for files that share its pages.
 */
final class HeldPages {

  /** Neighbouring pages. */
  record Run(long first, long end) {}

  private final Delta delta;
  private final List<Run> runs = new ArrayList<>();

  private HeldPages(Delta delta) {
    this.delta = delta;
  }

  /** What a delta holds for one file. */
  static HeldPages of(Delta delta, PageMap<Delta> pages) {
    HeldPages held = new HeldPages(delta);
    held.take(pages);
    return held;
  }

  /** All that a layer holds, by the ids of its deltas, in time proportional to that. */
  static Map<Long, HeldPages> of(Layer layer, FileTree start, FileTree end) {
    Map<Long, PageMap<Delta>> maps = new TreeMap<>();
    var _ = start.nodes().differences(end.nodes(), (old, young) -> add(maps, layer, old, young));
    Map<Long, HeldPages> all = new TreeMap<>();
    maps.forEach((id, pages) -> all.put(id, of(layer.delta(id), pages)));
    return all;
  }

  private static void add(
      Map<Long, PageMap<Delta>> maps, Layer layer, @Nullable Node old, @Nullable Node young) {
    if (young == null) {
      return;
    }
    PageMap<Delta> before = old == null ? PageMap.empty() : old.pages();
    var _ =
        before.differences(
            young.pages(),
            (first, pages, was, owner) -> {
              if (owner != null && owner.layer().equals(layer)) {
                PageMap<Delta> known = maps.getOrDefault(owner.fileId(), PageMap.empty());
                maps.put(owner.fileId(), known.with(first, pages, owner));
              }
            });
  }

  @SuppressWarnings("ReferenceEquality")
  private void take(PageMap<Delta> pages) {
    pages.forEachRun((first, count, owner) -> {
      if (owner == delta) {
        add(first, first + count);
      }
    });
  }

  private void add(long first, long end) {
    Run last = runs.isEmpty() ? null : runs.getLast();
    if (last != null && last.end() == first) {
      runs.set(runs.size() - 1, new Run(last.first(), end));
    } else {
      runs.add(new Run(first, end));
    }
  }

  Delta delta() {
    return delta;
  }

  /** In ascending order, with something in between. */
  List<Run> runs() {
    return runs;
  }

  long pages() {
    return runs.stream().mapToLong(run -> run.end() - run.first()).sum();
  }

  /** The page behind the last one. */
  long endPage() {
    return runs.isEmpty() ? 0 : runs.getLast().end();
  }

  /** How many of them lie at or behind a page. */
  long pagesFrom(long page) {
    return runs.stream()
        .mapToLong(run -> Math.max(0, run.end() - Math.max(run.first(), page)))
        .sum();
  }
}
