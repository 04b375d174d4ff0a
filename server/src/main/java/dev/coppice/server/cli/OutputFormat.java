package dev.coppice.server.cli;

/** What {@code -o} takes. */
enum OutputFormat {
  TABLE,
  JSON,
  YAML
}
