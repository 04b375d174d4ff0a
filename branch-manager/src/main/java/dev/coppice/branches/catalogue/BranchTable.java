package dev.coppice.branches.catalogue;

import dev.coppice.branches.Access;
import dev.coppice.branches.BranchName;
import dev.coppice.branches.Durability;
import dev.coppice.storage.BranchId;
import dev.coppice.storage.SnapshotId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Rows of {@code branch}. */
final class BranchTable {

  private static final String INSERT =
      """
      WITH taken AS (INSERT INTO taken_name (name) VALUES (?) RETURNING name)
      INSERT INTO branch (name, id, store, source, snapshot, lineage, access, role,
        sealed_password, verifier, created_at, expires_at, quota_bytes, durability, unsynced_boot)
      SELECT taken.name, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM taken
      """;

  private final Vault vault;

  BranchTable(Vault vault) {
    this.vault = vault;
  }

  List<StoredBranch> all(Connection session) throws SQLException {
    try (Sql sql = new Sql(session, "SELECT * FROM branch")) {
      return sql.rows(this::read);
    }
  }

  private StoredBranch read(ResultSet row) throws SQLException {
    return new StoredBranch(
        Sql.uuid(row, "id"),
        new BranchName(row.getString("name")),
        new BranchId(Sql.uuid(row, "store")),
        Sql.uuid(row, "source"),
        new SnapshotId(Sql.uuid(row, "snapshot")),
        Sql.texts(row, "lineage").stream().map(BranchName::new).toList(),
        Access.valueOf(row.getString("access")),
        row.getString("role"),
        new Credentials(vault.unseal(row.getBytes("sealed_password")), row.getString("verifier")),
        Sql.time(row, "created_at").orElseThrow(),
        Sql.time(row, "expires_at"),
        Sql.number(row, "quota_bytes"),
        Durability.valueOf(row.getString("durability")),
        Optional.ofNullable(row.getString("unsynced_boot")));
  }

  void insert(Connection session, StoredBranch branch) throws SQLException {
    try (Sql sql = new Sql(session, INSERT)) {
      sql.text(branch.name().value())
          .uuid(branch.id())
          .uuid(branch.store().value())
          .uuid(branch.source())
          .uuid(branch.snapshot().value())
          .texts(branch.lineage().stream().map(BranchName::value).toList())
          .text(branch.access().name())
          .text(branch.role())
          .bytes(vault.seal(branch.credentials().password()))
          .text(branch.credentials().verifier())
          .time(Optional.of(branch.createdAt()))
          .time(branch.expiresAt())
          .number(branch.quotaBytes())
          .text(branch.durability().name())
          .text(branch.unsyncedBoot())
          .execute();
    }
  }

  void update(Connection session, StoredBranch branch) throws SQLException {
    try (Sql sql =
        new Sql(
            session,
            "UPDATE branch SET store = ?, snapshot = ?, expires_at = ?, unsynced_boot = ?"
                + " WHERE id = ?")) {
      sql.uuid(branch.store().value())
          .uuid(branch.snapshot().value())
          .time(branch.expiresAt())
          .text(branch.unsyncedBoot())
          .uuid(branch.id())
          .execute();
    }
  }
}
