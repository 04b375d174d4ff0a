package dev.coppice.providers;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line of {@code pg_restore --list}.
 *
 * @param line as it was, to be handed back to {@code pg_restore --use-list}
 * @param description what it describes: its kind, schema, name and owner
 */
record TocEntry(String line, String description) {

  private static final Pattern ENTRY = Pattern.compile("(\\d+); (\\d+) (\\d+) (.*)");

  private static final Pattern RECORDING =
      Pattern.compile("^EVENT TRIGGER - coppice(_[0-9a-f]{12})?_(start|end|drop|rewrite) ");

  static List<TocEntry> parse(String list) {
    List<TocEntry> entries = new ArrayList<>();
    for (String line : list.split("\n", -1)) {
      of(line).ifPresent(entries::add);
    }
    return entries;
  }

  static Optional<TocEntry> of(String line) {
    Matcher matcher = ENTRY.matcher(line);
    return matcher.matches() ? Optional.of(new TocEntry(line, matcher.group(4))) : Optional.empty();
  }

  boolean isUserMapping() {
    return description.startsWith("USER MAPPING ");
  }

  boolean isTrigger(String schema, String table, String name) {
    return description.startsWith("TRIGGER " + schema + " " + table + " " + name + " ");
  }

  /** What others lie in, or come with. */
  boolean isSchemaOrExtension() {
    return description.startsWith("SCHEMA - ") || description.startsWith("EXTENSION - ");
  }

  boolean isEventTriggerOf(String owner) {
    return description.startsWith("EVENT TRIGGER - ") && description.endsWith(" " + owner);
  }

  boolean isEventTriggerOfRecorder() {
    return RECORDING.matcher(description).find();
  }

  /** What {@code pg_restore} only touches when told to create the database. */
  boolean isOfDatabase() {
    return description.startsWith("DATABASE PROPERTIES ")
        || description.startsWith("ACL - DATABASE ")
        || description.startsWith("COMMENT - DATABASE ");
  }

  boolean hasNoSection() {
    return description.startsWith("ACL ")
        || description.startsWith("COMMENT ")
        || description.startsWith("SECURITY LABEL ");
  }

  boolean isDatabaseItself() {
    return description.startsWith("DATABASE - ");
  }

  boolean isOfExtension(String name) {
    return description.equals("EXTENSION - " + name + " ")
        || description.equals("EXTENSION - " + name)
        || description.startsWith("COMMENT - EXTENSION " + name + " ")
        || description.equals("COMMENT - EXTENSION " + name);
  }
}
