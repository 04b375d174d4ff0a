package dev.coppice.branches.catalogue;

import dev.coppice.storage.SnapshotId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** Rows of {@code snapshot}. */
final class SnapshotTable {

  List<StoredSnapshot> all(Connection session) throws SQLException {
    try (Sql sql = new Sql(session, "SELECT * FROM snapshot")) {
      return sql.rows(row ->
          new StoredSnapshot(
              new SnapshotId(Sql.uuid(row, "id")),
              Sql.uuid(row, "owner"),
              row.getString("owner_name"),
              row.getString("name"),
              Sql.uuid(row, "source"),
              Sql.time(row, "taken_at").orElseThrow(),
              row.getBoolean("kept")));
    }
  }

  void insert(Connection session, StoredSnapshot snapshot) throws SQLException {
    try (Sql sql =
        new Sql(
            session,
            "INSERT INTO snapshot (id, owner, owner_name, name, source, taken_at, kept)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?)")) {
      sql.uuid(snapshot.id().value())
          .uuid(snapshot.owner())
          .text(snapshot.ownerName())
          .text(snapshot.name())
          .uuid(snapshot.source())
          .time(Optional.of(snapshot.takenAt()))
          .flag(snapshot.kept())
          .execute();
    }
  }

  void delete(Connection session, SnapshotId snapshot) throws SQLException {
    try (Sql sql = new Sql(session, "DELETE FROM snapshot WHERE id = ?")) {
      sql.uuid(snapshot.value()).execute();
    }
  }

  /** The snapshots of a deleted branch stay only for its children. */
  void abandon(Connection session, UUID owner) throws SQLException {
    try (Sql sql = new Sql(session, "UPDATE snapshot SET kept = false WHERE owner = ?")) {
      sql.uuid(owner).execute();
    }
  }

  List<SnapshotId> deleteUnused(Connection session) throws SQLException {
    try (Sql sql =
        new Sql(
            session,
            "DELETE FROM snapshot s WHERE NOT kept"
                + " AND NOT EXISTS (SELECT FROM branch b WHERE b.snapshot = s.id) RETURNING id")) {
      return sql.rows(row -> new SnapshotId(Sql.uuid(row, "id")));
    }
  }
}
