package dev.coppice.server.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a pull may ask of production; the server says whether the values will do. */
final class LoadOptions {

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description =
          "How many connections the copy of the rows may hold, 1 to 64 (default: the number of"
              + " processors, from 2 to 8). One more holds the snapshot.")
  private @Nullable Integer jobs;

  @Option(
      names = "--rate-limit",
      paramLabel = "SIZE",
      description = "How much to read in a second over all connections: 20MB (default: no limit).")
  private @Nullable String rateLimit;

  @Option(
      names = "--max-snapshot-age",
      paramLabel = "TIME",
      description =
          "How long the snapshot may be held, 2h or never (default: 1d). Vacuum of the source waits"
              + " for it; a pull that takes longer is given up.")
  private @Nullable String maxSnapshotAge;

  void addTo(ObjectNode body) {
    body.put("jobs", jobs).put("rate_limit", rateLimit).put("max_snapshot_age", maxSnapshotAge);
  }
}
