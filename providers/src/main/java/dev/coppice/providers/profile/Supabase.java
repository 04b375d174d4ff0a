package dev.coppice.providers.profile;

import java.util.Set;

/** Supabase. */
final class Supabase implements Provider {

  private static final int TRANSACTION_PORT = 6543;
  private static final String DIRECT =
      "Use the direct connection, db.<project>.supabase.co:5432 (an IPv6 address, unless the project"
          + " has the IPv4 add-on).";

  @Override
  public String name() {
    return "supabase";
  }

  @Override
  public String title() {
    return "Supabase";
  }

  @Override
  public Markers markers() {
    return new Markers(
        Set.of(".supabase.co", ".supabase.com"),
        Set.of("supabase_vault"),
        Set.of("supabase_admin"));
  }

  @Override
  public Endpoint endpoint(Location location) {
    if (location.port() == TRANSACTION_PORT) {
      return Endpoint.refused(
          "it is the pooler in transaction mode, which shares sessions between clients",
          DIRECT + " For a pull alone, port 5432 of the pooler (session mode) will do.");
    }
    return location.host().endsWith(".pooler.supabase.com")
        ? Endpoint.pullOnly("Supabase's pooler passes no replication on", DIRECT)
        : Endpoint.direct();
  }

  @Override
  public Encryption encryption() {
    return Encryption.required(
        "Download the project's certificate (Database settings, SSL configuration) and add"
            + " sslmode=verify-full&sslrootcert=/path/to/prod-ca.crt to the URL.");
  }

  @Override
  public Replication replication() {
    return new Replication(
        Set.of(),
        "ALTER ROLE %s REPLICATION; -- before PostgreSQL 17: connect as postgres instead",
        "It is so in every project; ask Supabase's support.",
        Set.of("postgres"),
        false,
        "");
  }

  /** Not those that an application logs in as or switches to: they must work in a branch. */
  @Override
  public Set<String> eventTriggerMakers() {
    return Set.of("postgres");
  }

  @Override
  public Set<String> administrators() {
    return Set.of(
        "supabase_admin",
        "supabase_superuser",
        "supabase_replication_admin",
        "supabase_read_only_user",
        "supabase_etl_admin",
        "supabase_privileged_role",
        "pgbouncer",
        "pgtle_admin",
        "pgsodium_keyholder",
        "pgsodium_keyiduser",
        "pgsodium_keymaker");
  }

  @Override
  public Set<String> hostedSchemas() {
    return Set.of(
        "_analytics",
        "_realtime",
        "_supavisor",
        "auth",
        "cron",
        "extensions",
        "graphql",
        "graphql_public",
        "net",
        "pgbouncer",
        "pgmq",
        "pgsodium",
        "pgsodium_masks",
        "realtime",
        "storage",
        "supabase_functions",
        "supabase_migrations",
        "vault");
  }

  /** The function of the dashboard's database webhooks; its headers hold the project's key. */
  @Override
  public Set<String> callingTriggerFunctions() {
    return Set.of("supabase_functions.http_request");
  }
}
