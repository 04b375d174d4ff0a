package dev.coppice.providers;

import static java.util.stream.Collectors.joining;

import java.util.Collection;

/** Quoting for statements that cannot take parameters. */
final class SqlText {

  private SqlText() {}

  static String identifier(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  static String identifier(String schema, String name) {
    return identifier(schema) + "." + identifier(name);
  }

  static String literal(String text) {
    String quoted = "'" + text.replace("'", "''") + "'";
    return quoted.indexOf('\\') < 0 ? quoted : " E" + quoted.replace("\\", "\\\\");
  }

  /** An array of names. */
  static String names(Collection<String> names) {
    return names.stream().map(SqlText::literal).collect(joining(", ", "ARRAY[", "]::name[]"));
  }

  /** As people write it: quoted only where it must be. */
  static String readable(String name) {
    return name.matches("[a-z_][a-z0-9_$]*") ? name : identifier(name);
  }

  static String readable(String schema, String name) {
    return readable(schema) + "." + readable(name);
  }
}
