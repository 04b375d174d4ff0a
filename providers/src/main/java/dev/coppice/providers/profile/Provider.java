package dev.coppice.providers.profile;

import java.util.Optional;
import java.util.Set;

/**
 * A host of Postgres, and what differs there from a server of one's own. All of it is knowledge, no
 * behaviour: an instance holds no state and opens no connection. The defaults are those of {@link
 * GenericPostgres}.
 */
public interface Provider {

  /** As {@code --provider} takes it and reports show it; lower case, no spaces. */
  String name();

  /** As people call it. */
  String title();

  /** By what its servers are told from those of others. */
  default Markers markers() {
    return Markers.NONE;
  }

  /** What an address leads to; told before anything is sent there. */
  default Endpoint endpoint(Location location) {
    return Endpoint.direct();
  }

  default Encryption encryption() {
    return Encryption.offered();
  }

  /** How a role logs in whose URL has no password; empty for not at all. */
  default Optional<Passwords> passwords(Location location, String user) {
    return Optional.empty();
  }

  default Replication replication() {
    return Replication.ofOneself();
  }

  /** Roles whose members may make event triggers though they are no superusers. */
  default Set<String> eventTriggerMakers() {
    return Set.of();
  }

  /**
   * Roles with which the host runs the server. In a base they own what they own on the source, and
   * nobody can log in as one of them.
   */
  default Set<String> administrators() {
    return Set.of();
  }

  /** Databases that are the host's own and cannot be a source. */
  default Set<String> administrationDatabases() {
    return Set.of();
  }

  /**
   * Schemas in which the host keeps tables of its own beside the user's. What the reading role is
   * not let see there is left out and reported; elsewhere it ends the pull.
   */
  default Set<String> hostedSchemas() {
    return Set.of();
  }

  /** Schemas that the host's tools leave behind and nobody's application uses; not pulled. */
  default Set<String> discardedSchemas() {
    return Set.of();
  }

  /**
   * Trigger functions, as {@code schema.name}, that call other services with what their trigger's
   * arguments say. Triggers of theirs arrive switched off, and their arguments without secrets.
   */
  default Set<String> callingTriggerFunctions() {
    return Set.of();
  }
}
