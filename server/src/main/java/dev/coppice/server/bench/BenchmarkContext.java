package dev.coppice.server.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What a benchmark is given.
 *
 * @param quick whether to end within five minutes on two cores
 * @param directory an empty directory of its own that the engines' user can reach; deleted after
 *     the run
 * @param postgresDirectories folders of Postgres installations, before the system's own
 * @param embeddedArchives folder of the embedded engines' archives
 * @param engineUser the user that engines run as when this program is root; chosen if absent
 * @param progress told, in short lines, what is being done; they go to the terminal
 */
public record BenchmarkContext(
    boolean quick,
    Path directory,
    List<Path> postgresDirectories,
    Path embeddedArchives,
    Optional<String> engineUser,
    Consumer<String> progress) {
  public BenchmarkContext {
    postgresDirectories = List.copyOf(postgresDirectories);
  }

  /** How many A-B pairs a comparison takes its medians over; fewer for a look at a change. */
  public int pairs() {
    return Integer.getInteger("coppice.benchmark.pairs", quick ? 3 : 5);
  }

  public void say(String line) {
    progress.accept(line);
  }
}
