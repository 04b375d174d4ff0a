package dev.coppice.providers;

import dev.coppice.providers.DefinitionChange.Kind;
import dev.coppice.providers.profile.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is defined on a source, to be compared with what was defined there earlier. It says that an
 * object is another, not in what.
 */
public record SchemaFingerprint(List<Definition> definitions) {

  private static final Logger LOG = LoggerFactory.getLogger(SchemaFingerprint.class);

  /** A hundred bytes each, on the source, on the way, and here. */
  private static final int MOST = 500_000;

  /** Nobody on the source is to notice that it is read. */
  static final String BOUNDS = "SET statement_timeout = '30s'; SET lock_timeout = '1s'";

  private static final String QUERY = query();

  private static final Comparator<DefinitionChange> ORDER =
      Comparator.comparing((DefinitionChange change) -> change.object().schema())
          .thenComparing(change -> change.object().relation())
          .thenComparing(change -> change.object().name())
          .thenComparing(change -> change.object().kind());

  public SchemaFingerprint {
    definitions = List.copyOf(definitions);
  }

  /**
   * In the session's snapshot if it has one. Reads nothing but the catalogue, and waits for no
   * table's lock.
   */
  static SchemaFingerprint read(Connection source, Provider provider, PullExtent extent)
      throws SQLException {
    String sql =
        QUERY
            .replace(":extent", extent.condition())
            .replace(":schemas", SqlText.names(extent.leftOutSchemas()))
            .replace(":administrators", SqlText.names(provider.administrators()))
            .replace(":most", Integer.toString(MOST + 1));
    List<Definition> found =
        Query.list(
            source,
            sql,
            row ->
                new Definition(
                    row.getString("kind"),
                    row.getString("schema"),
                    row.getString("relation"),
                    row.getString("name"),
                    row.getString("hash")));
    if (found.size() > MOST) {
      throw new SQLException("there are more than " + MOST + " of them");
    }
    return new SchemaFingerprint(found);
  }

  /** In a transaction, which goes on as before where it cannot be read. */
  static Optional<SchemaFingerprint> within(
      Connection transaction, Provider provider, PullExtent extent) throws SQLException {
    Query.run(transaction, "SAVEPOINT fingerprint");
    try {
      SchemaFingerprint read = read(transaction, provider, extent);
      Query.run(transaction, "RELEASE fingerprint");
      return Optional.of(read);
    } catch (SQLException e) {
      // Without a connection this fails too.
      Query.run(transaction, "ROLLBACK TO fingerprint");
      LOG.warn("What is defined on the source is not known at its pull: {}", e.getMessage());
      return Optional.empty();
    }
  }

  private static String query() {
    try (InputStream script = SchemaFingerprint.class.getResourceAsStream("fingerprint.sql")) {
      if (script == null) {
        throw new IllegalStateException("missing resource fingerprint.sql");
      }
      return new String(script.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What this one has otherwise than the earlier one, by name. */
  public List<DefinitionChange> since(SchemaFingerprint earlier) {
    Map<Definition, Definition> before = byKey(earlier);
    Map<Definition, Definition> now = byKey(this);
    List<DefinitionChange> changes = new ArrayList<>();
    now.forEach((key, definition) -> {
      Definition former = before.get(key);
      if (former == null) {
        changes.add(new DefinitionChange(Kind.NEW, definition));
      } else if (!former.equals(definition)) {
        changes.add(new DefinitionChange(Kind.ALTERED, definition));
      }
    });
    before.forEach((key, definition) -> {
      if (!now.containsKey(key)) {
        changes.add(new DefinitionChange(Kind.GONE, definition));
      }
    });
    return withoutWhatFollows(changes);
  }

  /** With those objects as the newer one has them, and all others as they are here. */
  public SchemaFingerprint with(Collection<DefinitionChange> changes, SchemaFingerprint newer) {
    Set<Definition> taken = new HashSet<>();
    for (DefinitionChange change : changes) {
      taken.add(change.object().key());
      change.object().indexOfConstraint().ifPresent(taken::add);
    }
    return new SchemaFingerprint(
        Stream.concat(
                definitions.stream().filter(known -> !taken.contains(known.key())),
                newer.definitions.stream().filter(known -> taken.contains(known.key())))
            .toList());
  }

  /**
   * With those tables as they were when they were copied anew, alone. What is beside their rows is
   * as it was, unless they were new.
   */
  SchemaFingerprint withCopied(Set<TableName> tables, SchemaFingerprint copied) {
    Set<TableName> known =
        definitions.stream()
            .filter(Definition::isTable)
            .map(Definition::table)
            .collect(Collectors.toSet());
    Predicate<Definition> came =
        definition ->
            tables.contains(definition.table())
                && (definition.isCopied() || !known.contains(definition.table()));
    return new SchemaFingerprint(
        Stream.concat(
                definitions.stream().filter(came.negate()),
                copied.definitions.stream().filter(came))
            .toList());
  }

  private static Map<Definition, Definition> byKey(SchemaFingerprint fingerprint) {
    Map<Definition, Definition> byKey = new HashMap<>();
    fingerprint.definitions.forEach(definition -> byKey.put(definition.key(), definition));
    return byKey;
  }

  /**
   * That a table is new, or another, says all of its columns and grants; a constraint says its
   * index.
   */
  private static List<DefinitionChange> withoutWhatFollows(List<DefinitionChange> changes) {
    Set<Definition> whole = new HashSet<>();
    Set<Definition> indexes = new HashSet<>();
    for (DefinitionChange change : changes) {
      Definition object = change.object();
      if (object.isTable() || (change.kind() != Kind.ALTERED && object.isSubject())) {
        whole.add(object.subject());
      }
      object.indexOfConstraint().ifPresent(indexes::add);
    }
    return changes.stream()
        .filter(change -> {
          Definition object = change.object();
          boolean ofWhole =
              (object.isPart() && whole.contains(object.owner()))
                  || (!object.isSubject() && whole.contains(object.subject()));
          return !ofWhole && !indexes.contains(object.key());
        })
        .sorted(ORDER)
        .toList();
  }
}
