package dev.coppice.providers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A statement as a {@link DdlRecorder} has told it.
 *
 * @param event of the event trigger that recorded it
 * @param query all that the client had sent at once
 * @param context the program that the statement stands in; a first line for the recorder's own
 * @param settings the session's, by their names
 * @param published whether a table joined the publication with it
 */
record RecordedDdl(
    String tag,
    String event,
    String startedAt,
    String query,
    String context,
    Map<String, String> settings,
    Role role,
    List<Touched> objects,
    List<Filled> filled,
    List<Rewritten> rewritten,
    boolean published) {

  /** Who the statement was run as. */
  record Role(String name, boolean superuser) {}

  /**
   * @param note {@code extension}, {@code temporary}, {@code dependent} or nothing
   * @param owner of a table or what is like one
   */
  record Touched(
      String kind,
      @Nullable String schema,
      @Nullable String identity,
      String note,
      Optional<String> owner) {}

  /**
   * What a column that was added holds in rows that are older than itself.
   *
   * @param values an array of one
   */
  record Filled(String schema, String table, String column, String type, String values) {}

  /**
   * @param reason the bits of {@code pg_event_trigger_table_rewrite_reason}
   */
  record Rewritten(String table, int reason) {
    private static final int PERSISTENCE = 1;
    private static final int DEFAULT_VALUE = 2;
    private static final int COLUMN = 4;

    boolean changedPersistence() {
      return (reason & PERSISTENCE) != 0;
    }

    boolean calculatedDefault() {
      return (reason & DEFAULT_VALUE) != 0;
    }

    boolean changedType() {
      return (reason & COLUMN) != 0;
    }
  }

  /** Gathers the rows of one statement, of which the last says what it was. */
  static final class Gathering {

    private final Map<String, String> settings = new HashMap<>();
    private final List<Touched> objects = new ArrayList<>();
    private final List<Filled> filled = new ArrayList<>();
    private final List<Rewritten> rewritten = new ArrayList<>();
    private Role role = new Role("", false);
    private boolean published;

    /**
     * @param row its values by the names of the recorder's columns
     */
    Optional<RecordedDdl> add(Map<String, String> row) {
      String kind = row.getOrDefault("kind", "");
      String name = row.getOrDefault("name", "");
      String detail = row.getOrDefault("detail", "");
      String value = row.getOrDefault("value", "");
      switch (row.getOrDefault("what", "")) {
        case "setting" -> settings.put(name, value);
        case "role" -> role = new Role(name, value.equals("true"));
        case "published" -> published = true;
        case "object" ->
            objects.add(
                new Touched(
                    kind,
                    row.get("schema"),
                    row.get("name"),
                    detail,
                    Optional.ofNullable(row.get("value"))));
        case "missing" ->
            filled.add(new Filled(row.getOrDefault("schema", ""), name, detail, kind, value));
        case "rewrite" -> rewritten.add(new Rewritten(name, Integer.parseInt(detail)));
        case "statement" -> {
          RecordedDdl complete =
              new RecordedDdl(
                  kind,
                  name,
                  row.getOrDefault("schema", ""),
                  value,
                  detail,
                  Map.copyOf(settings),
                  role,
                  List.copyOf(objects),
                  List.copyOf(filled),
                  List.copyOf(rewritten),
                  published);
          clear(complete);
          return Optional.of(complete);
        }
        default -> throw new IllegalStateException("a record of unknown kind: " + row);
      }
      return Optional.empty();
    }

    /** A rewrite is told before the end of its statement, and perhaps before a drop in it. */
    private void clear(RecordedDdl complete) {
      settings.clear();
      objects.clear();
      filled.clear();
      published = false;
      if (complete.ended()) {
        rewritten.clear();
      }
    }
  }

  boolean ended() {
    return event.equals("ddl_command_end");
  }

  boolean isDrop() {
    return tag.startsWith("DROP ");
  }

  /** Whether all that it concerns is of that kind. */
  boolean concernsOnly(String note) {
    List<Touched> direct =
        objects.stream().filter(object -> !object.note.equals("dependent")).toList();
    return !direct.isEmpty() && direct.stream().allMatch(object -> object.note.equals(note));
  }

  /** Whether it concerns a session's own tables, or what they have. */
  boolean temporary() {
    List<Touched> direct =
        objects.stream().filter(object -> !object.note.equals("dependent")).toList();
    return !direct.isEmpty()
        && direct.stream()
            .allMatch(object -> object.note.equals("temporary") || "pg_temp".equals(object.schema));
  }

  /** Whether it concerns nothing but recorders. */
  boolean ofRecorder() {
    List<Touched> direct =
        objects.stream().filter(object -> !object.note.equals("dependent")).toList();
    return !direct.isEmpty()
        && direct.stream()
            .map(object -> object.schema != null ? object.schema : object.identity)
            .allMatch(name -> name != null && name.matches(DdlRecorder.SCHEMAS));
  }

  /** Its own text, where a program has run it; empty if there was none, or it does not say. */
  Optional<String> nested() {
    String mark = "SQL statement \"";
    int line = context.indexOf('\n');
    if (line < 0 || !context.startsWith(mark, line + 1)) {
      return Optional.empty();
    }
    int start = line + 1 + mark.length();
    int end = context.indexOf("\"\nPL/pgSQL function ", start);
    return end < 0 ? Optional.empty() : Optional.of(context.substring(start, end));
  }

  /** Whether the client sent it itself. */
  boolean direct() {
    return context.indexOf('\n') < 0;
  }
}
