package dev.coppice.branches.catalogue;

import dev.coppice.branches.BranchName;
import dev.coppice.branches.SourceInfo;
import dev.coppice.branches.catalogue.StoredSource.EngineChoice;
import dev.coppice.branches.catalogue.StoredSource.Origin;
import dev.coppice.branches.catalogue.StoredSource.Pulled;
import dev.coppice.providers.FidelityNote;
import dev.coppice.providers.PullLimits;
import dev.coppice.providers.PullOptions;
import dev.coppice.providers.SourceAddress;
import dev.coppice.storage.BranchId;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/** Rows of {@code source}, with its settings and fidelity notes. */
final class SourceTable {

  private static final String INSERT =
      """
      WITH taken AS (INSERT INTO taken_name (name) VALUES (?) RETURNING name)
      INSERT INTO source (name, id, sealed_url, address, state, detail, provider, provider_named, version,
        database_name, owner, owner_was_superuser, source_bytes, pull_connections, pull_rate_bytes,
        pull_snapshot_millis, pull_replica_only, pull_stub_types, engine_major, engine_bin, base, tables, rows)
      SELECT taken.name, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0 FROM taken
      """;

  private static final String UPDATE =
      """
      UPDATE source SET state = ?, detail = ?, owner = ?, base = ?, tables = ?, rows = ?, lsn = ?,
        pulled_at = ? WHERE id = ?
      """;

  private final Vault vault;
  private final FollowTable follows;

  SourceTable(Vault vault, FollowTable follows) {
    this.vault = vault;
    this.follows = follows;
  }

  List<StoredSource> all(Connection session) throws SQLException {
    try (Sql sql = new Sql(session, "SELECT * FROM source")) {
      return sql.rows(row -> read(session, row));
    }
  }

  private StoredSource read(Connection session, ResultSet row) throws SQLException {
    UUID id = Sql.uuid(row, "id");
    Optional<Instant> pulledAt = Sql.time(row, "pulled_at");
    Optional<Pulled> pulled =
        pulledAt.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new Pulled(
                    row.getLong("tables"),
                    row.getLong("rows"),
                    row.getString("lsn"),
                    pulledAt.get()));
    return new StoredSource(
        id,
        new BranchName(row.getString("name")),
        new SourceAddress(vault.unseal(row.getBytes("sealed_url"))),
        SourceInfo.State.valueOf(row.getString("state")),
        row.getString("detail"),
        new Origin(
            row.getString("provider"),
            row.getBoolean("provider_named"),
            row.getString("version"),
            row.getString("database_name"),
            row.getString("owner"),
            row.getBoolean("owner_was_superuser"),
            row.getLong("source_bytes")),
        pull(row),
        new EngineChoice(row.getInt("engine_major"), Path.of(row.getString("engine_bin"))),
        Optional.ofNullable(row.getObject("base", UUID.class)).map(BranchId::new),
        pulled,
        follows.find(session, id),
        settings(session, id),
        fidelity(session, id));
  }

  /** Zero for what is not limited. */
  private static PullOptions pull(ResultSet row) throws SQLException {
    long rate = row.getLong("pull_rate_bytes");
    long age = row.getLong("pull_snapshot_millis");
    return new PullOptions(
        new PullLimits(
            row.getInt("pull_connections"),
            rate == 0 ? OptionalLong.empty() : OptionalLong.of(rate),
            age == 0 ? Optional.empty() : Optional.of(Duration.ofMillis(age)),
            row.getBoolean("pull_replica_only")),
        row.getBoolean("pull_stub_types"),
        Optional.empty());
  }

  private static Map<String, String> settings(Connection session, UUID source) throws SQLException {
    Map<String, String> settings = new HashMap<>();
    try (Sql sql = new Sql(session, "SELECT name, value FROM source_setting WHERE source = ?")) {
      sql.uuid(source).rows(row -> settings.put(row.getString("name"), row.getString("value")));
    }
    return settings;
  }

  private static List<FidelityNote> fidelity(Connection session, UUID source) throws SQLException {
    try (Sql sql =
        new Sql(session, "SELECT * FROM fidelity_note WHERE source = ? ORDER BY position")) {
      return sql.uuid(source)
          .rows(row ->
              new FidelityNote(
                  row.getString("kind"),
                  row.getString("object"),
                  row.getString("action"),
                  row.getString("reason")));
    }
  }

  void insert(Connection session, StoredSource source) throws SQLException {
    try (Sql sql = new Sql(session, INSERT)) {
      sql.text(source.name().value())
          .uuid(source.id())
          .bytes(vault.seal(source.address().url()))
          .text(source.address().toString())
          .text(source.state().name())
          .text(source.detail())
          .text(source.origin().provider())
          .flag(source.origin().named())
          .text(source.origin().version())
          .text(source.origin().database())
          .text(source.origin().owner())
          .flag(source.origin().superuser())
          .number(source.origin().bytes())
          .number(source.pull().limits().connections())
          .number(source.pull().limits().bytesPerSecond().orElse(0))
          .number(source.pull().limits().snapshotAge().map(Duration::toMillis).orElse(0L))
          .flag(source.pull().limits().replicaOnly())
          .flag(source.pull().stubTypes())
          .number(source.engine().major())
          .text(source.engine().bin().toString())
          .uuid(source.base().map(BranchId::value))
          .execute();
    }
    replaceDetails(session, source);
  }

  void update(Connection session, StoredSource source) throws SQLException {
    try (Sql sql = new Sql(session, UPDATE)) {
      sql.text(source.state().name())
          .text(source.detail())
          .text(source.origin().owner())
          .uuid(source.base().map(BranchId::value))
          .number(source.pulled().map(Pulled::tables).orElse(0L))
          .number(source.pulled().map(Pulled::rows).orElse(0L))
          .text(source.pulled().map(Pulled::lsn))
          .time(source.pulled().map(Pulled::at))
          .uuid(source.id())
          .execute();
    }
    replaceDetails(session, source);
  }

  private void replaceDetails(Connection session, StoredSource source) throws SQLException {
    follows.replace(session, source);
    for (String table : List.of("source_setting", "fidelity_note")) {
      try (Sql sql = new Sql(session, "DELETE FROM " + table + " WHERE source = ?")) {
        sql.uuid(source.id()).execute();
      }
    }
    try (Sql sql = new Sql(session, "INSERT INTO source_setting VALUES (?, ?, ?)")) {
      for (Map.Entry<String, String> setting : source.settings().entrySet()) {
        sql.uuid(source.id()).text(setting.getKey()).text(setting.getValue()).execute();
      }
    }
    try (Sql sql = new Sql(session, "INSERT INTO fidelity_note VALUES (?, ?, ?, ?, ?, ?)")) {
      int position = 0;
      for (FidelityNote note : source.fidelity()) {
        sql.uuid(source.id())
            .number(position++)
            .text(note.kind())
            .text(note.object())
            .text(note.action())
            .text(note.reason())
            .execute();
      }
    }
  }
}
