package dev.coppice.branches.catalogue;

import dev.coppice.providers.Definition;
import dev.coppice.providers.SchemaFingerprint;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Rows of {@code fingerprint}. */
final class FingerprintTable {

  /** Texts that each definition takes. */
  private static final int WIDTH = 5;

  /** One who still follows a base that was replaced has nothing to say of the new one. */
  private static final String KEEP =
      """
      INSERT INTO fingerprint
      SELECT source, ?, ? FROM follow WHERE source = ? AND slot = ?
      ON CONFLICT (source) DO UPDATE SET since = excluded.since, definitions = excluded.definitions
      """;

  Optional<StoredFingerprint> find(Connection session, UUID source, String slot)
      throws SQLException {
    try (Sql sql =
        new Sql(
            session,
            "SELECT f.* FROM fingerprint f JOIN follow USING (source) WHERE source = ? AND slot = ?")) {
      return sql
          .uuid(source)
          .text(slot)
          .rows(row ->
              new StoredFingerprint(
                  Sql.time(row, "since").orElseThrow(), read(Sql.texts(row, "definitions"))))
          .stream()
          .findFirst();
    }
  }

  void keep(Connection session, UUID source, String slot, StoredFingerprint fingerprint)
      throws SQLException {
    try (Sql sql = new Sql(session, KEEP)) {
      sql.time(Optional.of(fingerprint.since()))
          .texts(write(fingerprint.definitions()))
          .uuid(source)
          .text(slot)
          .execute();
    }
  }

  private static List<String> write(SchemaFingerprint fingerprint) {
    List<String> texts = new ArrayList<>(fingerprint.definitions().size() * WIDTH);
    for (Definition definition : fingerprint.definitions()) {
      texts.add(definition.kind());
      texts.add(definition.schema());
      texts.add(definition.relation());
      texts.add(definition.name());
      texts.add(definition.hash());
    }
    return texts;
  }

  private static SchemaFingerprint read(List<String> texts) {
    List<Definition> definitions = new ArrayList<>(texts.size() / WIDTH);
    for (int i = 0; i < texts.size(); i += WIDTH) {
      definitions.add(
          new Definition(
              texts.get(i),
              texts.get(i + 1),
              texts.get(i + 2),
              texts.get(i + 3),
              texts.get(i + 4)));
    }
    return new SchemaFingerprint(definitions);
  }
}
