package dev.coppice.storage.layer;

import org.jspecify.annotations.Nullable;

/** A name in a directory. Names whose keys are equal hang on each other. */
public record Entry(String name, long id, @Nullable Entry next) {

  static @Nullable Entry find(@Nullable Entry first, String name) {
    Entry at = first;
    while (at != null && !at.name.equals(name)) {
      at = at.next;
    }
    return at;
  }

  static @Nullable Entry remove(@Nullable Entry first, String name) {
    if (first == null) {
      return null;
    }
    return first.name.equals(name)
        ? first.next
        : new Entry(first.name, first.id, remove(first.next, name));
  }
}
