package dev.coppice.storage.layer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells which files of a state have a page that a delta holds. A layer that shares pages of layers
 * below names them so, and not by layer: those may be merged.
 */
final class PageOrigins {

  private final FileTree state;

  /** The files that have pages of a delta; only looked for where its own file has it no more. */
  private @Nullable Map<Delta, List<Node>> holders;

  PageOrigins(FileTree state) {
    this.state = state;
  }

  /** Says of neighbouring pages of a file, all of one delta, where they come from. */
  @SuppressWarnings("ReferenceEquality")
  void describe(
      long fileId, long firstPage, long pages, Delta owner, Consumer<StateRecord> records) {
    long end = firstPage + pages;
    long page = firstPage;
    while (page < end) {
      Node from = holder(owner, page);
      long runEnd = page + 1;
      while (runEnd < end && from.pages().owner(runEnd) == owner) {
        runEnd++;
      }
      records.accept(new StateRecord.PagesInherited(fileId, page, runEnd - page, from.id()));
      page = runEnd;
    }
  }

  @SuppressWarnings("ReferenceEquality")
  private Node holder(Delta owner, long page) {
    Node likely = state.node(owner.fileId());
    if (likely != null && likely.pages().owner(page) == owner) {
      return likely;
    }
    return holders().getOrDefault(owner, List.of()).stream()
        .filter(node -> node.pages().owner(page) == owner)
        .findFirst()
        .orElseThrow(() ->
            new IllegalStateException(
                "no file below has page " + page + " of delta " + owner.fileId()));
  }

  private Map<Delta, List<Node>> holders() {
    Map<Delta, List<Node>> known = holders;
    if (known == null) {
      Map<Delta, List<Node>> found = new HashMap<>();
      state.forEachNode(
          node -> node.pages().forEachRun((first, pages, owner) -> note(found, owner, node)));
      holders = found;
      known = found;
    }
    return known;
  }

  @SuppressWarnings("ReferenceEquality")
  private static void note(Map<Delta, List<Node>> found, Delta owner, Node node) {
    List<Node> nodes = found.computeIfAbsent(owner, key -> new ArrayList<>());
    if (nodes.isEmpty() || nodes.getLast() != node) {
      nodes.add(node);
    }
  }
}
