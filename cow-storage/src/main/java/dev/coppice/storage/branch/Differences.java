package dev.coppice.storage.branch;

import dev.coppice.storage.FileChange;
import dev.coppice.storage.FileVersion;
import dev.coppice.storage.PageRange;
import dev.coppice.storage.layer.Delta;
import dev.coppice.storage.layer.FileNames;
import dev.coppice.storage.layer.FileTree;
import dev.coppice.storage.layer.Node;
import dev.coppice.storage.tree.PageMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Compares two trees. What they share is one object in both and is passed over. */
final class Differences {

  private final FileTree before;
  private final FileTree after;
  private final List<FileChange> changes = new ArrayList<>();

  private Differences(FileTree before, FileTree after) {
    this.before = before;
    this.after = after;
  }

  static List<FileChange> between(FileTree before, FileTree after) {
    Differences differences = new Differences(before, after);
    var _ = before.nodes().differences(after.nodes(), differences::compare);
    return differences.changes;
  }

  private void compare(@Nullable Node old, @Nullable Node young) {
    List<PageRange> pages = pages(old, young);
    Node node = young == null ? old : young;
    if (node == null || (pages.isEmpty() && sameApartFromContent(old, young))) {
      return;
    }
    changes.add(
        new FileChange(
            node.id(),
            Optional.ofNullable(old == null ? null : version(before, old)),
            Optional.ofNullable(young == null ? null : version(after, young)),
            pages));
  }

  private static boolean sameApartFromContent(@Nullable Node old, @Nullable Node young) {
    return old != null
        && young != null
        && old.mode() == young.mode()
        && old.size() == young.size()
        && old.places().equals(young.places());
  }

  private static List<PageRange> pages(@Nullable Node old, @Nullable Node young) {
    PageMap<Delta> none = PageMap.empty();
    List<PageRange> ranges = new ArrayList<>();
    var _ =
        (old == null ? none : old.pages())
            .differences(
                young == null ? none : young.pages(),
                (first, count, from, to) -> add(ranges, first, count));
    return ranges;
  }

  private static void add(List<PageRange> ranges, long first, long count) {
    PageRange last = ranges.isEmpty() ? null : ranges.getLast();
    if (last != null && last.end() == first) {
      ranges.set(ranges.size() - 1, new PageRange(last.first(), last.count() + count));
    } else {
      ranges.add(new PageRange(first, count));
    }
  }

  private static FileVersion version(FileTree tree, Node node) {
    return new FileVersion(
        paths(tree, node),
        node.isDirectory()
            ? FileVersion.Kind.DIRECTORY
            : node.isSymlink() ? FileVersion.Kind.SYMLINK : FileVersion.Kind.FILE,
        node.size(),
        node.mode() & Node.PERMISSIONS);
  }

  /** The root has no place, and the empty path. */
  static List<String> paths(FileTree tree, Node node) {
    return node.id() == FileTree.ROOT
        ? List.of("")
        : node.places().stream().map(place -> FileNames.toText(tree.path(place))).toList();
  }

  /** A name that a file has in the first of the trees in which it has one. */
  static Optional<String> pathIn(Stream<FileTree> trees, long fileId) {
    return trees.map(tree -> pathIn(tree, fileId)).flatMap(Optional::stream).findFirst();
  }

  private static Optional<String> pathIn(FileTree tree, long fileId) {
    Node node = tree.node(fileId);
    return node == null || node.places().isEmpty()
        ? Optional.empty()
        : Optional.of(paths(tree, node).getFirst());
  }
}
