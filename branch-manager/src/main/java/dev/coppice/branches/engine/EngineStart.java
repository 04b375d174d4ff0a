package dev.coppice.branches.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * An engine to be started.
 *
 * @param name names its socket's directory and its log; a file name
 * @param data its PGDATA
 * @param database the database that must answer before the engine counts as started
 */
public record EngineStart(
    String name,
    Installation installation,
    Path data,
    Map<String, String> settings,
    String database,
    Duration timeout) {

  public EngineStart {
    settings = Map.copyOf(settings);
  }
}
