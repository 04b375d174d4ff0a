package dev.coppice.providers.profile;

import java.util.Set;

/**
 * What following a source takes at a host.
 *
 * @param membersOf roles whose members may replicate without having the attribute
 * @param grant the statement that lets a role replicate, with {@code %s} for its name
 * @param enabling how {@code wal_level} becomes {@code logical}
 * @param publishers roles whose members may publish all tables though they are no superusers
 * @param failoverSlots whether a slot is lost at a fail-over unless it was made for that
 *     (PostgreSQL 17 and newer)
 * @param retention how long the host keeps the log for a reader that is away; empty if it is the
 *     server's setting alone
 */
public record Replication(
    Set<String> membersOf,
    String grant,
    String enabling,
    Set<String> publishers,
    boolean failoverSlots,
    String retention) {

  public Replication {
    membersOf = Set.copyOf(membersOf);
    publishers = Set.copyOf(publishers);
  }

  static Replication ofOneself() {
    return new Replication(
        Set.of(),
        "ALTER ROLE %s REPLICATION;",
        "ALTER SYSTEM SET wal_level = logical; then restart the server.",
        Set.of(),
        false,
        "");
  }
}
