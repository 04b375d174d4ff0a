package dev.coppice.providers.profile;

import java.util.Set;

/** Google Cloud SQL. It has no host names of its own, only addresses. */
final class CloudSql implements Provider {

  @Override
  public String name() {
    return "cloudsql";
  }

  @Override
  public String title() {
    return "Google Cloud SQL";
  }

  @Override
  public Markers markers() {
    return new Markers(Set.of(), Set.of("cloudsql_iam"), Set.of("cloudsqlsuperuser"));
  }

  @Override
  public Encryption encryption() {
    return Encryption.required(
        "Download the instance's server-ca.pem and add sslmode=verify-ca&sslrootcert=… to the URL.");
  }

  @Override
  public Replication replication() {
    return new Replication(
        Set.of(),
        "ALTER ROLE %s REPLICATION;",
        "Set the flag cloudsql.logical_decoding = on; it restarts the instance.",
        Set.of(),
        false,
        "");
  }

  @Override
  public Set<String> administrators() {
    return Set.of(
        "cloudsqladmin",
        "cloudsqlagent",
        "cloudsqlconnpooladmin",
        "cloudsqliamgroup",
        "cloudsqliamgroupserviceaccount",
        "cloudsqliamgroupuser",
        "cloudsqliamserviceaccount",
        "cloudsqliamuser",
        "cloudsqlimportexport",
        "cloudsqlinactiveuser",
        "cloudsqllogical",
        "cloudsqlobservability",
        "cloudsqlreplica",
        "cloudsqlsuperuser");
  }

  @Override
  public Set<String> administrationDatabases() {
    return Set.of("cloudsqladmin");
  }
}
