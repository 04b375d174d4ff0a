package dev.coppice.branches.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * An engine to be started.
 *
 * @param name names its socket's directory and its log; a file name
 * @param data its PGDATA
 * @param log what it is to have in the place of its {@code pg_wal}; empty for that itself
 * @param database the database that must answer before the engine counts as started
 * @param urgent whether somebody waits for it, so that it starts before others run
 */
public record EngineStart(
    String name,
    Installation installation,
    Path data,
    Optional<Path> log,
    Map<String, String> settings,
    String database,
    Duration timeout,
    boolean urgent) {

  public EngineStart {
    settings = Map.copyOf(settings);
  }

  /** One that nobody waits for. */
  public EngineStart(
      String name,
      Installation installation,
      Path data,
      Optional<Path> log,
      Map<String, String> settings,
      String database,
      Duration timeout) {
    this(name, installation, data, log, settings, database, timeout, false);
  }

  /** With its log where Postgres has it. */
  EngineStart(
      String name,
      Installation installation,
      Path data,
      Map<String, String> settings,
      String database,
      Duration timeout) {
    this(name, installation, data, Optional.empty(), settings, database, timeout);
  }
}
