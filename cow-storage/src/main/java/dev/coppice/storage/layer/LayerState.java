package dev.coppice.storage.layer;

import dev.coppice.storage.tree.PageMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Turns the difference between two trees into records, and such records into the later tree. */
final class LayerState {

  private LayerState() {}

  /** What a layer has changed, in time proportional to that. */
  static void describe(
      Layer layer, FileTree before, FileTree after, Consumer<StateRecord> records) {
    PageOrigins origins = new PageOrigins(before);
    var _ =
        before
            .nodes()
            .differences(
                after.nodes(), (old, young) -> describe(layer, origins, old, young, records));
  }

  private static void describe(
      Layer layer,
      PageOrigins origins,
      @Nullable Node old,
      @Nullable Node young,
      Consumer<StateRecord> records) {
    if (young == null) {
      if (old != null) {
        records.accept(new StateRecord.NodeDropped(old.id()));
      }
      return;
    }
    String target = young.target() == null ? "" : young.target();
    records.accept(
        new StateRecord.NodePut(
            young.id(),
            young.mode(),
            young.size(),
            young.modifiedNanos(),
            young.changedNanos(),
            target));
    for (Node.Place place : young.places()) {
      records.accept(new StateRecord.NamePut(young.id(), place.parent(), place.name()));
    }
    PageMap<Delta> before = old == null ? PageMap.empty() : old.pages();
    Runs runs = new Runs(layer, origins, young.id(), records);
    var _ =
        before.differences(
            young.pages(), (first, pages, was, owner) -> runs.add(first, pages, owner));
    runs.flush();
  }

  /** Joins neighbouring runs of one owner. */
  private static final class Runs {
    private final Layer layer;
    private final PageOrigins origins;
    private final long fileId;
    private final Consumer<StateRecord> records;
    private @Nullable Delta owner;
    private long first;
    private long pages;

    Runs(Layer layer, PageOrigins origins, long fileId, Consumer<StateRecord> records) {
      this.layer = layer;
      this.origins = origins;
      this.fileId = fileId;
      this.records = records;
    }

    @SuppressWarnings("ReferenceEquality")
    void add(long nextFirst, long nextPages, @Nullable Delta nextOwner) {
      if (pages == 0 || nextOwner != owner || nextFirst != first + pages) {
        flush();
        owner = nextOwner;
        first = nextFirst;
      }
      pages += nextPages;
    }

    void flush() {
      if (pages > 0) {
        Delta held = owner;
        if (held == null) {
          records.accept(new StateRecord.PagesHeld(fileId, first, pages, null, 0));
        } else if (held.layer().equals(layer)) {
          records.accept(
              new StateRecord.PagesHeld(fileId, first, pages, layer.id(), held.fileId()));
        } else {
          origins.describe(fileId, first, pages, held, records);
        }
        pages = 0;
      }
    }
  }

  /** Appends the description of a difference to a file; 0 or a negated errno. */
  static int append(Layer layer, FileTree before, FileTree after, RecordLog log) {
    long[] result = {0};
    describe(
        layer,
        before,
        after,
        record -> {
          if (result[0] >= 0) {
            result[0] = log.append(record::encode);
          }
        });
    return (int) Math.min(0, result[0]);
  }

  /**
   * The tree that the records describe, which are those of one description.
   *
   * @param deltas the delta of a layer of the lineage by layer and file
   */
  static FileTree apply(
      FileTree before, List<StateRecord> records, BiFunction<UUID, Long, Delta> deltas) {
    Map<Long, List<Node.Place>> places = new LinkedHashMap<>();
    FileTree tree = before;
    for (StateRecord record : records) {
      switch (record) {
        case StateRecord.NodePut put -> {
          tree = tree.with(put(tree.node(put.fileId()), put));
          places.put(put.fileId(), new ArrayList<>());
        }
        case StateRecord.NamePut name ->
            places
                .computeIfAbsent(name.fileId(), id -> new ArrayList<>())
                .add(new Node.Place(name.parent(), name.name()));
        case StateRecord.NodeDropped dropped -> {
          tree = tree.withoutNode(dropped.fileId());
          places.put(dropped.fileId(), List.of());
        }
        case StateRecord.PagesHeld held -> tree = withPages(tree, held, deltas);
        case StateRecord.PagesInherited inherited -> tree = withPages(tree, inherited, before);
        case StateRecord.PageChecksums r -> {}
        case StateRecord.ManifestBegun r -> {}
      }
    }
    return withPlaces(before, tree, places);
  }

  private static Node put(@Nullable Node old, StateRecord.NodePut put) {
    String target = (put.mode() & Node.TYPE_MASK) == Node.SYMLINK ? put.target() : null;
    Node fresh = Node.create(put.fileId(), put.mode(), List.of(), target, 0);
    return new Node(
        put.fileId(),
        put.mode(),
        List.of(),
        put.size(),
        put.modifiedNanos(),
        put.changedNanos(),
        old == null ? fresh.pages() : old.pages(),
        old == null ? fresh.children() : old.children(),
        target);
  }

  private static FileTree withPages(
      FileTree tree, StateRecord.PagesHeld held, BiFunction<UUID, Long, Delta> deltas) {
    Node node = tree.present(held.fileId());
    UUID layer = held.ownerLayer();
    Delta owner = layer == null ? null : deltas.apply(layer, held.ownerFile());
    PageMap<Delta> pages = node.pages().with(held.firstPage(), held.pages(), owner);
    return tree.with(node.withPages(pages));
  }

  private static FileTree withPages(
      FileTree tree, StateRecord.PagesInherited inherited, FileTree before) {
    Node node = tree.present(inherited.fileId());
    PageMap<Delta> from = before.present(inherited.fromFile()).pages();
    return tree.with(
        node.withPages(node.pages().withPagesOf(from, inherited.firstPage(), inherited.pages())));
  }

  /** Names are taken away first, since one may have passed from one node to another. */
  private static FileTree withPlaces(
      FileTree before, FileTree put, Map<Long, List<Node.Place>> places) {
    FileTree tree = put;
    for (long id : places.keySet()) {
      Node old = before.node(id);
      for (Node.Place place : old == null ? List.<Node.Place>of() : old.places()) {
        Node directory = tree.node(place.parent());
        if (directory != null) {
          tree = tree.with(directory.withoutEntry(place.name()));
        }
      }
    }
    for (Map.Entry<Long, List<Node.Place>> entry : places.entrySet()) {
      for (Node.Place place : entry.getValue()) {
        tree = tree.with(tree.present(place.parent()).withEntry(place.name(), entry.getKey()));
      }
      Node node = tree.node(entry.getKey());
      if (node != null) {
        tree = tree.with(node.placed(List.copyOf(entry.getValue())));
      }
    }
    return tree;
  }
}
