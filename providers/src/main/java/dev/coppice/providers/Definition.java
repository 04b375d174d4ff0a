package dev.coppice.providers;

import java.util.Optional;

/**
 * One object of a database, by its names and a digest of how it is defined.
 *
 * @param kind as people call it: {@code index}, {@code default}, {@code view}
 * @param schema that it is in; empty for what is in none
 * @param relation the table, view, sequence or composite type that it belongs to or is, else empty
 * @param name its own; empty for a relation and a schema, and for what these have one of each
 * @param hash of what the catalogue holds of it
 */
public record Definition(String kind, String schema, String relation, String name, String hash) {

  static final String GRANTS = "grants";
  static final String TABLE = "table";

  /** The same object, however it is defined. */
  Definition key() {
    return new Definition(kind, schema, relation, name, "");
  }

  /** What it is about, whatever it says of that. */
  Definition subject() {
    return new Definition("", schema, relation, name, "");
  }

  /** Whether it is a table as such: its rows, rather than how they are stored or guarded. */
  boolean isTable() {
    return kind.equals(TABLE);
  }

  /** The relation that it belongs to or is. */
  TableName table() {
    return new TableName(schema, relation);
  }

  /** Whether a row of the table means something else if that is another. */
  boolean isOfRows() {
    return isTable() || kind.equals("column");
  }

  /** Whether a table that is copied anew by itself gets it too. */
  boolean isCopied() {
    return switch (kind) {
      case TABLE, "column", "default", "not-null constraint", "constraint", "index" -> true;
      default -> false;
    };
  }

  /** Whether it belongs to a relation, rather than being one. */
  boolean isPart() {
    return !relation.isEmpty() && !name.isEmpty();
  }

  /** The {@link #subject} of the relation that it is a part of. */
  Definition owner() {
    return new Definition("", schema, relation, "", "");
  }

  /** The {@link #key} that the index has, if it is a constraint that stands on one. */
  Optional<Definition> indexOfConstraint() {
    return kind.equals("constraint")
        ? Optional.of(new Definition("index", schema, relation, name, ""))
        : Optional.empty();
  }

  /** As people write it. */
  public String readable() {
    String whose = relation.isEmpty() ? "" : SqlText.readable(schema, relation);
    if (name.isEmpty()) {
      String own = whose.isEmpty() ? SqlText.readable(schema) : whose;
      return isSubject() ? kind + " " + own : kind + " of " + own;
    }
    if (!whose.isEmpty()) {
      return kind.equals(GRANTS)
          ? kind + " of column " + SqlText.readable(name) + " of " + whose
          : kind + " " + SqlText.readable(name) + " of " + whose;
    }
    // The name of a function holds its arguments.
    String own = schema.isEmpty() ? name : SqlText.readable(schema) + "." + name;
    return kind.equals(GRANTS) ? kind + " of " + own : kind + " " + own;
  }

  /** Whether it tells that something is there, rather than more of it. */
  boolean isSubject() {
    return switch (kind) {
      case GRANTS, "default", "not-null constraint", "partitioning", "options", "row security" ->
          false;
      default -> true;
    };
  }
}
