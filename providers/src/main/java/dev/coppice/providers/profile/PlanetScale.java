package dev.coppice.providers.profile;

import java.util.Set;

/** PlanetScale for Postgres. Its user names, {@code role.branch}, are never taken apart. */
final class PlanetScale implements Provider {

  private static final int POOLER_PORT = 6432;

  @Override
  public String name() {
    return "planetscale";
  }

  @Override
  public String title() {
    return "PlanetScale";
  }

  @Override
  public Markers markers() {
    return new Markers(
        Set.of(".psdb.cloud"),
        Set.of("pginsights", "pg_pscale_utils"),
        Set.of("pscale_superuser", "pscale_admin"));
  }

  @Override
  public Endpoint endpoint(Location location) {
    return location.port() == POOLER_PORT
        ? Endpoint.refused(
            "it is the pooler, which shares sessions between clients and passes no replication on",
            "Use port 5432 of the same host.")
        : Endpoint.direct();
  }

  @Override
  public Encryption encryption() {
    return Encryption.verifiedBySystem("Add sslmode=verify-full&sslrootcert=system to the URL.");
  }

  @Override
  public Replication replication() {
    return new Replication(
        Set.of(),
        "ALTER ROLE %s REPLICATION;",
        "Set wal_level = logical, max_replication_slots and max_wal_senders of at least twice the"
            + " number of replicas and max_slot_wal_keep_size above 4GB on the dashboard's"
            + " Parameters page; for fail-over also sync_replication_slots and"
            + " hot_standby_feedback, and name the slot under Failover.",
        Set.of(),
        true,
        "");
  }

  @Override
  public Set<String> administrators() {
    return Set.of("pscale_admin", "pscale_superuser", "pscale_exporter", "pscale_pgbouncer");
  }

  @Override
  public Set<String> administrationDatabases() {
    return Set.of("pscale_admin", "pscale_exporter", "pscale_pgbouncer");
  }
}
