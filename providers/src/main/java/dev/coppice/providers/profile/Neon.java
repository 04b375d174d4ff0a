package dev.coppice.providers.profile;

import java.util.Set;

/** Neon. */
final class Neon implements Provider {

  @Override
  public String name() {
    return "neon";
  }

  @Override
  public String title() {
    return "Neon";
  }

  @Override
  public Markers markers() {
    return new Markers(Set.of(".neon.tech"), Set.of(), Set.of("neon_superuser"));
  }

  /** Pooled host names are {@code endpoint-pooler.region…}. */
  @Override
  public Endpoint endpoint(Location location) {
    int dot = location.host().indexOf('.');
    String endpoint = dot < 0 ? location.host() : location.host().substring(0, dot);
    return endpoint.endsWith("-pooler")
        ? Endpoint.refused(
            "it is the pooler, which shares sessions between clients",
            "Use the same host name without -pooler.")
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
        "Make the role on Neon's console or with its API; those of SQL cannot replicate.",
        "Enable logical replication in the project's settings; it restarts the computes and cannot"
            + " be undone.",
        Set.of("neon_superuser"),
        false,
        "Neon removes a slot that nobody reads for about 40 hours.");
  }

  @Override
  public Set<String> administrators() {
    return Set.of("cloud_admin", "neon_superuser", "neon_service");
  }
}
