package dev.coppice.branches.catalogue;

import dev.coppice.storage.SnapshotId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
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
              row.getBoolean("kept"),
              stand(row)));
    }
  }

  private static Optional<StoredSnapshot.Stand> stand(ResultSet row) throws SQLException {
    String lsn = row.getString("source_lsn");
    Optional<Instant> time = Sql.time(row, "source_time");
    return lsn == null ? Optional.empty() : time.map(known -> new StoredSnapshot.Stand(lsn, known));
  }

  void insert(Connection session, StoredSnapshot snapshot) throws SQLException {
    try (Sql sql =
        new Sql(
            session,
            "INSERT INTO snapshot (id, owner, owner_name, name, source, taken_at, kept,"
                + " source_lsn, source_time)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      sql.uuid(snapshot.id().value())
          .uuid(snapshot.owner())
          .text(snapshot.ownerName())
          .text(snapshot.name())
          .uuid(snapshot.source())
          .time(Optional.of(snapshot.takenAt()))
          .flag(snapshot.kept())
          .text(snapshot.stand().map(StoredSnapshot.Stand::lsn))
          .time(snapshot.stand().map(StoredSnapshot.Stand::time))
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
