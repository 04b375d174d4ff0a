package dev.coppice.benchmarks;

import java.nio.file.Path;

/** Where an engine is reached by libpq's programs. */
record EngineAddress(Path socketDirectory, int port, String user, String database) {

  /** The same engine's other database. */
  EngineAddress in(String other) {
    return new EngineAddress(socketDirectory, port, user, other);
  }
}
