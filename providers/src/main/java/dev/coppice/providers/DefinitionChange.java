package dev.coppice.providers;

/**
 * What of a source is defined otherwise than it was.
 *
 * @param object as it is now, or as it was if it is gone
 */
public record DefinitionChange(Kind kind, Definition object) {

  public enum Kind {
    NEW,
    GONE,
    ALTERED
  }

  /** Whether the rows of a table that was there before are others because of it. */
  boolean isOfRows() {
    return object.isOfRows() && (kind == Kind.ALTERED || !object.isTable());
  }

  /** For example {@code index item_name of shop.item is new}. */
  public String readable() {
    String what =
        switch (kind) {
          case NEW -> " is new";
          case GONE -> " is gone";
          case ALTERED -> " is another";
        };
    return object.readable() + what;
  }
}
