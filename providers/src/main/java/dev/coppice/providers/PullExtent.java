package dev.coppice.providers;

import dev.coppice.providers.profile.Provider;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of a hosted database a pull leaves out: schemas that the host's tools left behind, and of
 * the host's own tables those that the reading role is not let see and that no user's table refers
 * to.
 *
 * @param schemas that the host's tools left behind
 * @param recorders schemas of our own, in which statements are recorded
 */
record PullExtent(Set<String> schemas, Set<String> recorders, List<Relation> unreadable) {

  /**
   * @param kind as in {@code pg_class.relkind}
   */
  record Relation(String schema, String name, String kind) {

    String quoted() {
      return SqlText.identifier(schema, name);
    }

    String readable() {
      return SqlText.readable(schema, name);
    }

    boolean sequence() {
      return kind.equals("S");
    }
  }

  private static final String UNREADABLE =
      """
      SELECT n.nspname, c.relname, c.relkind
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = ANY (:hosted) AND c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'
        AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'))
        AND (NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass
                           AND d.objid = c.oid AND d.deptype = 'e')
             OR EXISTS (SELECT FROM pg_extension e WHERE c.oid = ANY (e.extconfig)))
        AND NOT EXISTS (SELECT FROM pg_constraint k
                        JOIN pg_class r ON r.oid = k.conrelid
                        JOIN pg_namespace rn ON rn.oid = r.relnamespace
                        WHERE k.confrelid = c.oid AND rn.nspname <> ALL (:hosted))
      ORDER BY 1, 2
      """;

  static final PullExtent EVERYTHING = new PullExtent(Set.of(), Set.of(), List.of());

  PullExtent {
    schemas = Set.copyOf(schemas);
    recorders = Set.copyOf(recorders);
    unreadable = List.copyOf(unreadable);
  }

  static PullExtent read(Connection source, Provider provider) throws SQLException {
    Set<String> discarded =
        Set.copyOf(
            Query.list(
                source,
                "SELECT nspname FROM pg_namespace WHERE nspname = ANY ("
                    + SqlText.names(provider.discardedSchemas())
                    + ")",
                row -> row.getString(1)));
    List<Relation> unreadable =
        Query.list(
            source,
            UNREADABLE.replace(":hosted", SqlText.names(provider.hostedSchemas())),
            row -> new Relation(row.getString(1), row.getString(2), row.getString(3)));
    Set<String> recorders =
        Set.copyOf(
            Query.list(
                source,
                "SELECT nspname FROM pg_namespace WHERE nspname ~ "
                    + SqlText.literal(DdlRecorder.SCHEMAS)
                    + " AND EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid"
                    + " AND relname = "
                    + SqlText.literal(DdlRecorder.TABLE)
                    + ")",
                row -> row.getString(1)));
    return new PullExtent(discarded, recorders, unreadable);
  }

  /** For the catalogue's relations {@code c} in schemas {@code n}: those that are not left out. */
  String condition() {
    String left = "n.nspname <> ALL (" + SqlText.names(leftOutSchemas()) + ")";
    if (unreadable.isEmpty()) {
      return left;
    }
    List<String> pairs =
        unreadable.stream()
            .map(relation ->
                "(%s, %s)"
                    .formatted(SqlText.literal(relation.schema), SqlText.literal(relation.name)))
            .toList();
    return left + " AND (n.nspname, c.relname) NOT IN (" + String.join(", ", pairs) + ")";
  }

  Set<String> leftOutSchemas() {
    Set<String> all = new TreeSet<>(schemas);
    all.addAll(recorders);
    return all;
  }

  /** For {@code pg_dump}, which would lock what it dumps and so needs the right to read it. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>();
    leftOutSchemas()
        .forEach(schema -> arguments.add("--exclude-schema=" + SqlText.identifier(schema)));
    unreadable.stream()
        .filter(relation -> !relation.sequence())
        .forEach(relation -> arguments.add("--exclude-table=" + relation.quoted()));
    return arguments;
  }

  void note(Fidelity fidelity) {
    schemas.forEach(schema ->
        fidelity.dropped("schema", SqlText.readable(schema), "a tool of the host left it behind"));
    for (Relation relation : unreadable) {
      fidelity.dropped(
          relation.sequence() ? "sequence set" : "table",
          relation.readable(),
          "it is the host's, and the role that reads the source may not read it");
    }
  }
}
