package dev.coppice.benchmarks;

import java.nio.file.Path;

/** Where an engine is reached by libpq's programs. */
record EngineAddress(Path socketDirectory, int port, String user, String database) {}
