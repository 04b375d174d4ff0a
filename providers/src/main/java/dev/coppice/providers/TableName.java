package dev.coppice.providers;

/** A table by its own name and its schema's, as the catalogue has them. */
record TableName(String schema, String name) {

  /** As SQL writes it. */
  String quoted() {
    return SqlText.identifier(schema, name);
  }

  String readable() {
    return SqlText.readable(schema, name);
  }
}
