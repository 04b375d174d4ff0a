package dev.coppice.storage.layer;

import dev.coppice.storage.tree.LongMap;
import dev.coppice.storage.tree.PageMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One immutable state of a branch's files. The same {@link #apply} makes the next state when a
 * branch is written to and when a log is read again.
 */
public record FileTree(LongMap<Node> nodes) {

  public static final long ROOT = 1;
  private static final int ROOT_MODE = Node.DIRECTORY | 0700;

  /** Nothing but the root directory. */
  public static FileTree blank() {
    LongMap<Node> none = LongMap.empty();
    return new FileTree(none).with(Node.create(ROOT, ROOT_MODE, List.of(), null, 0));
  }

  public @Nullable Node node(long id) {
    return nodes.get(LongMap.spread(id));
  }

  /** The id behind a name, or 0. */
  public long lookup(long parent, String name) {
    Node directory = node(parent);
    Entry entry = directory == null ? null : directory.child(name);
    return entry == null ? 0 : entry.id();
  }

  public FileTree with(Node node) {
    return new FileTree(nodes.with(LongMap.spread(node.id()), node));
  }

  FileTree withoutNode(long id) {
    return new FileTree(nodes.without(LongMap.spread(id)));
  }

  public void forEachNode(Consumer<Node> action) {
    nodes.forEach(action);
  }

  /** The same tree without these names at its top. */
  public FileTree withoutTopLevel(Set<String> names, long nanos) {
    FileTree tree = this;
    for (String name : names) {
      if (tree.lookup(ROOT, name) != 0) {
        tree = tree.unlink(ROOT, name, nanos);
      }
    }
    return tree;
  }

  /**
   * @param delta the delta of the layer whose log is being applied
   */
  public FileTree apply(LayerRecord record, @Nullable Delta delta) {
    return switch (record) {
      case LayerRecord.Created r -> {
        String target = (r.mode() & Node.TYPE_MASK) == Node.SYMLINK ? r.target() : null;
        List<Node.Place> places = List.of(new Node.Place(r.parent(), r.name()));
        yield with(Node.create(r.fileId(), r.mode(), places, target, r.nanos()))
            .with(present(r.parent()).withChild(r.name(), r.fileId(), r.nanos()));
      }
      case LayerRecord.Linked r -> {
        Node node = present(r.fileId());
        yield with(node.withPlace(new Node.Place(r.parent(), r.name()), r.nanos()))
            .with(present(r.parent()).withChild(r.name(), r.fileId(), r.nanos()));
      }
      case LayerRecord.Unlinked r -> unlink(r.parent(), r.name(), r.nanos());
      case LayerRecord.Renamed r -> rename(r);
      case LayerRecord.AttributesSet r -> {
        Node node = node(r.fileId());
        yield node == null
            ? this
            : with(node.withAttributes(r.permissions(), r.modifiedNanos(), r.nanos()));
      }
      case LayerRecord.PagesWritten r -> {
        Node node = node(r.fileId());
        yield node == null
            ? this
            : with(
                node.withContent(
                    r.size(), node.pages().with(r.firstPage(), r.pages(), delta), r.nanos()));
      }
      case LayerRecord.Resized r -> {
        Node node = node(r.fileId());
        yield node == null
            ? this
            : with(node.withContent(r.size(), truncated(node, r.size()), r.nanos()));
      }
      case LayerRecord.PagesShared r -> {
        Node node = present(r.fileId());
        PageMap<Delta> pages =
            node.pages().withPagesOf(present(r.from()).pages(), r.firstPage(), r.pages());
        yield with(node.withContent(r.size(), pages, r.nanos()));
      }
      case LayerRecord.Synced r -> this;
      case LayerRecord.PowerLost r -> this;
      case StateRecord r -> throw new IllegalStateException("a state in the midst of a log");
    };
  }

  private static PageMap<Delta> truncated(Node node, long size) {
    return size >= node.size() ? node.pages() : node.pages().truncate(Page.count(size));
  }

  private FileTree unlink(long parent, String name, long nanos) {
    long id = lookup(parent, name);
    FileTree tree = this;
    Node node = present(id);
    for (String child : node.childNames()) {
      tree = tree.unlink(id, child, nanos);
    }
    tree = tree.with(tree.present(parent).withoutChild(name, nanos));
    return node.isDirectory() || node.links() == 1
        ? tree.withoutNode(id)
        : tree.with(node.withoutPlace(new Node.Place(parent, name), nanos));
  }

  private FileTree rename(LayerRecord.Renamed r) {
    long moved = lookup(r.fromParent(), r.fromName());
    long replaced = lookup(r.toParent(), r.toName());
    if (moved == replaced) {
      return this;
    }
    Node.Place from = new Node.Place(r.fromParent(), r.fromName());
    Node.Place to = new Node.Place(r.toParent(), r.toName());
    FileTree tree = this;
    if (r.exchange()) {
      tree = tree.with(tree.present(r.fromParent()).withChild(r.fromName(), replaced, r.nanos()));
      tree = tree.with(tree.present(replaced).moved(to, from));
    } else {
      if (replaced != 0) {
        tree = tree.unlink(r.toParent(), r.toName(), r.nanos());
      }
      tree = tree.with(tree.present(r.fromParent()).withoutChild(r.fromName(), r.nanos()));
    }
    tree = tree.with(tree.present(r.toParent()).withChild(r.toName(), moved, r.nanos()));
    return tree.with(tree.present(moved).moved(from, to));
  }

  /** Where a name stands, from the root, without a slash at its beginning. */
  public String path(Node.Place place) {
    StringBuilder path = new StringBuilder(place.name());
    long directory = place.parent();
    while (directory != ROOT) {
      Node.Place above = present(directory).places().getFirst();
      path.insert(0, above.name() + "/");
      directory = above.parent();
    }
    return path.toString();
  }

  Node present(long id) {
    Node node = node(id);
    if (node == null) {
      throw new IllegalStateException("no file " + id + " in this tree");
    }
    return node;
  }
}
