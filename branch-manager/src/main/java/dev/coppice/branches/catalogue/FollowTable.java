package dev.coppice.branches.catalogue;

import dev.coppice.providers.FollowPlan;
import dev.coppice.providers.SourceAddress;
import dev.coppice.providers.pgoutput.Lsn;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Rows of {@code follow} and {@code unneeded_slot}. */
final class FollowTable {

  private final Vault vault;

  FollowTable(Vault vault) {
    this.vault = vault;
  }

  Optional<FollowPlan> find(Connection session, UUID source) throws SQLException {
    try (Sql sql = new Sql(session, "SELECT * FROM follow WHERE source = ?")) {
      return sql
          .uuid(source)
          .rows(row ->
              new FollowPlan(
                  row.getString("slot"),
                  row.getString("publication"),
                  Lsn.parse(row.getString("start_lsn")),
                  Optional.ofNullable(row.getString("recorder")),
                  Set.copyOf(Sql.texts(row, "left_out")),
                  Set.copyOf(Sql.texts(row, "unpublished"))))
          .stream()
          .findFirst();
    }
  }

  /** A slot that is followed is needed, and the one that the source had before is not. */
  void replace(Connection session, StoredSource source) throws SQLException {
    Optional<FollowPlan> former = find(session, source.id());
    if (former.equals(source.follow())) {
      return;
    }
    if (former.isPresent()) {
      abandon(
          session,
          new UnneededSlot(former.get().slot(), source.address(), source.origin().providerNamed()));
    }
    try (Sql sql = new Sql(session, "DELETE FROM follow WHERE source = ?")) {
      sql.uuid(source.id()).execute();
    }
    if (source.follow().isPresent()) {
      FollowPlan plan = source.follow().get();
      try (Sql sql = new Sql(session, "INSERT INTO follow VALUES (?, ?, ?, ?, ?, ?, ?)")) {
        sql.uuid(source.id())
            .text(plan.slot())
            .text(plan.publication())
            .text(plan.start().toString())
            .texts(List.copyOf(plan.leftOut()))
            .text(plan.recorder())
            .texts(List.copyOf(plan.unpublished()))
            .execute();
      }
      dropped(session, plan.slot());
    }
  }

  void abandon(Connection session, UnneededSlot slot) throws SQLException {
    try (Sql sql =
        new Sql(session, "INSERT INTO unneeded_slot VALUES (?, ?, ?) ON CONFLICT DO NOTHING")) {
      sql.text(slot.slot()).bytes(vault.seal(slot.address().url())).text(slot.provider()).execute();
    }
  }

  List<UnneededSlot> unneeded(Connection session) throws SQLException {
    try (Sql sql = new Sql(session, "SELECT * FROM unneeded_slot ORDER BY slot")) {
      return sql.rows(row ->
          new UnneededSlot(
              row.getString("slot"),
              new SourceAddress(vault.unseal(row.getBytes("sealed_url"))),
              row.getString("provider")));
    }
  }

  void dropped(Connection session, String slot) throws SQLException {
    try (Sql sql = new Sql(session, "DELETE FROM unneeded_slot WHERE slot = ?")) {
      sql.text(slot).execute();
    }
  }
}
