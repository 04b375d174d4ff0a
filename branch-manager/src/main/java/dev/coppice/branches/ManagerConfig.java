package dev.coppice.branches;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * @param dataDirectory everything that must survive: the store, and with it the catalogue
 * @param runDirectory mount point and sockets; a short path that the engines' user can reach
 * @param postgresDirectories folders to look for Postgres installations in, before the system's own
 *     ({@code bin/postgres} below each)
 * @param embeddedArchives folder of the embedded engines' archives
 * @param engineUser the user that engines run as when this program is root; chosen if absent
 * @param warmEngines how many engines wait, started, on the newest snapshot of each source
 * @param idleTimeout after which a branch without connections is suspended
 * @param snapshotRetention after which a source's snapshot that was given no name, and that no
 *     branch needs, is deleted; never if absent
 * @param snapshotInterval how old the newest snapshot of a source that is followed gets while its
 *     base changes
 * @param refreshInterval after which a source is asked again for what its stream does not tell;
 *     never if absent
 * @param allowSuperuser whether branches may be created with {@link Access#SUPERUSER}
 */
public record ManagerConfig(
    Path dataDirectory,
    Path runDirectory,
    List<Path> postgresDirectories,
    Path embeddedArchives,
    Optional<String> engineUser,
    int warmEngines,
    Duration idleTimeout,
    Optional<Duration> snapshotRetention,
    Duration snapshotInterval,
    Optional<Duration> refreshInterval,
    boolean allowSuperuser,
    EngineRoom room) {

  public ManagerConfig {
    postgresDirectories = List.copyOf(postgresDirectories);
  }
}
