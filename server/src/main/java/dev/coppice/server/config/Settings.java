package dev.coppice.server.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a server runs; checked and complete.
 *
 * @param dataDirectory everything that must survive
 * @param runDirectory mount point and sockets
 * @param domain the name under which clients reach the server, where it is not the listen address
 * @param warmEngines how many engines wait, started, on the newest snapshot of each source
 * @param idleTimeout after which a branch without connections is suspended
 * @param wakeTimeout how long a client waits for an engine
 * @param turnTimeout how long a client waits for room for an engine
 * @param engineMemoryBytes what the engines of branches may occupy together
 * @param sessionReuse how long an engine's session waits for another client; zero for not at all
 * @param snapshotRetention after which a source's superseded snapshots are deleted, if ever
 * @param snapshotInterval between snapshots of a source that is followed
 * @param refreshInterval between copies of what the stream of a source does not tell, if ever
 * @param postgresDirectories folders of Postgres installations, before the system's own
 */
public record Settings(
    Path dataDirectory,
    Path runDirectory,
    ListenAddress postgresListen,
    ListenAddress httpListen,
    Optional<String> domain,
    boolean allowSuperuser,
    int warmEngines,
    Duration idleTimeout,
    Duration wakeTimeout,
    Duration turnTimeout,
    long engineMemoryBytes,
    Duration sessionReuse,
    Connections connections,
    Logins logins,
    Idle idle,
    Optional<Duration> snapshotRetention,
    Duration snapshotInterval,
    Optional<Duration> refreshInterval,
    Optional<String> engineUser,
    List<Path> postgresDirectories,
    Path embeddedArchives,
    Optional<TlsFiles> tls) {

  public Settings {
    postgresDirectories = List.copyOf(postgresDirectories);
  }

  /** How many clients may be connected. */
  public record Connections(int all, int perBranch, int perAddress) {}

  /**
   * What a client may do before it is logged in.
   *
   * @param time from the first byte to the end of authentication
   * @param bytes what it may send until then
   * @param failures so many in a row are refused for a while
   */
  public record Logins(Duration time, int bytes, int failures, Duration pause) {}

  /** How long a session may do nothing; zero for as long as it likes. */
  public record Idle(Duration session, Duration transaction) {}

  /** The operator's own certificate, as PEM files. */
  public record TlsFiles(Path certificate, Path key) {}
}
