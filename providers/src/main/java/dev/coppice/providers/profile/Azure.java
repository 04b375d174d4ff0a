package dev.coppice.providers.profile;

import java.util.Set;

/** Azure Database for PostgreSQL, flexible server. */
final class Azure implements Provider {

  @Override
  public String name() {
    return "azure";
  }

  @Override
  public String title() {
    return "Azure Database for PostgreSQL";
  }

  @Override
  public Markers markers() {
    return new Markers(
        Set.of(".postgres.database.azure.com"), Set.of(), Set.of("azure_pg_admin", "azuresu"));
  }

  @Override
  public Endpoint endpoint(Location location) {
    return location.port() == 6432
        ? Endpoint.refused(
            "it is the server's built-in PgBouncer, which shares sessions between clients",
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
        "Set the server parameter wal_level = logical, then restart the server.",
        Set.of(),
        false,
        "");
  }

  @Override
  public Set<String> administrators() {
    return Set.of("azuresu", "azure_pg_admin", "replication");
  }

  @Override
  public Set<String> administrationDatabases() {
    return Set.of("azure_maintenance", "azure_sys");
  }
}
