package dev.coppice.storage.layer;

import dev.coppice.storage.tree.LongMap;
import dev.coppice.storage.tree.PageMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One immutable version of a file, directory or symbolic link.
 *
 * @param mode type and permissions, as in stat(2)
 * @param places where its names stand; none for the root, and for a file that is only open any more
 * @param modifiedNanos since the epoch
 * @param changedNanos since the epoch
 * @param pages which delta holds each page of a regular file
 * @param children the entries of a directory by the keys of their names
 * @param target where a symbolic link points
 */
public record Node(
    long id,
    int mode,
    List<Place> places,
    long size,
    long modifiedNanos,
    long changedNanos,
    PageMap<Delta> pages,
    LongMap<Entry> children,
    @Nullable String target) {

  public static final int TYPE_MASK = 0xF000;
  public static final int DIRECTORY = 0x4000;
  public static final int REGULAR = 0x8000;
  public static final int SYMLINK = 0xA000;
  public static final int PERMISSIONS = 0xFFF;

  /** A name in a directory. */
  public record Place(long parent, String name) {}

  static Node create(long id, int mode, List<Place> places, @Nullable String target, long nanos) {
    long size = target == null ? 0 : target.length();
    return new Node(id, mode, places, size, nanos, nanos, PageMap.empty(), LongMap.empty(), target);
  }

  /** The number of names; of a directory always 2. */
  public int links() {
    return isDirectory() ? 2 : places.size();
  }

  public boolean isDirectory() {
    return (mode & TYPE_MASK) == DIRECTORY;
  }

  public boolean isRegular() {
    return (mode & TYPE_MASK) == REGULAR;
  }

  public boolean isSymlink() {
    return (mode & TYPE_MASK) == SYMLINK;
  }

  @Nullable Entry child(String name) {
    return Entry.find(children.get(FileNames.key(name)), name);
  }

  /** Whether a name in this directory is the file's; looks at all of them. */
  public boolean hasChild(long fileId) {
    boolean[] found = {false};
    children.forEach(first -> {
      for (Entry at = first; at != null; at = at.next()) {
        found[0] |= at.id() == fileId;
      }
    });
    return found[0];
  }

  /** The names in this directory, in no particular order. */
  public List<String> childNames() {
    List<String> names = new ArrayList<>();
    children.forEach(first -> {
      for (Entry at = first; at != null; at = at.next()) {
        names.add(at.name());
      }
    });
    return names;
  }

  Node withChild(String name, long child, long nanos) {
    long key = FileNames.key(name);
    Entry others = Entry.remove(children.get(key), name);
    return withChildren(children.with(key, new Entry(name, child, others)), nanos);
  }

  Node withoutChild(String name, long nanos) {
    long key = FileNames.key(name);
    Entry others = Entry.remove(children.get(key), name);
    return withChildren(others == null ? children.without(key) : children.with(key, others), nanos);
  }

  /** With an entry, and the times as they are. */
  Node withEntry(String name, long child) {
    Node with = withChild(name, child, 0);
    return withEntries(with.children);
  }

  Node withoutEntry(String name) {
    return withEntries(withoutChild(name, 0).children);
  }

  private Node withEntries(LongMap<Entry> entries) {
    return new Node(id, mode, places, size, modifiedNanos, changedNanos, pages, entries, target);
  }

  Node placed(List<Place> now) {
    return withPlaces(now, changedNanos);
  }

  Node withPages(PageMap<Delta> newPages) {
    return new Node(
        id, mode, places, size, modifiedNanos, changedNanos, newPages, children, target);
  }

  private Node withChildren(LongMap<Entry> entries, long nanos) {
    return new Node(id, mode, places, size, nanos, nanos, pages, entries, target);
  }

  Node withPlace(Place place, long nanos) {
    List<Place> more = new ArrayList<>(places);
    more.add(place);
    return withPlaces(List.copyOf(more), nanos);
  }

  Node withoutPlace(Place place, long nanos) {
    return withPlaces(places.stream().filter(other -> !other.equals(place)).toList(), nanos);
  }

  Node moved(Place from, Place to) {
    List<Place> others = places.stream().map(place -> place.equals(from) ? to : place).toList();
    return withPlaces(others, changedNanos);
  }

  private Node withPlaces(List<Place> now, long nanos) {
    return new Node(id, mode, now, size, modifiedNanos, nanos, pages, children, target);
  }

  /** The version of a file that is only open any more. */
  public Node withNoName() {
    return withPlaces(List.of(), changedNanos);
  }

  /** The version with these permissions, modified and changed at these times. */
  public Node withAttributes(int permissions, long modified, long nanos) {
    int newMode = (mode & TYPE_MASK) | (permissions & PERMISSIONS);
    return new Node(id, newMode, places, size, modified, nanos, pages, children, target);
  }

  /** The version that holds this content. */
  public Node withContent(long newSize, PageMap<Delta> newPages, long modified) {
    return new Node(id, mode, places, newSize, modified, modified, newPages, children, target);
  }
}
