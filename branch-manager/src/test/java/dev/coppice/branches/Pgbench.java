package dev.coppice.branches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coppice.branches.engine.EngineHost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The load program of the system's Postgres, on engines that a test reaches by their sockets. */
final class Pgbench {

  /** The money that it moves around adds up. */
  static final String BALANCED =
      "SELECT (SELECT sum(abalance) FROM pgbench_accounts) = (SELECT sum(bbalance) FROM"
          + " pgbench_branches) AND (SELECT sum(tbalance) FROM pgbench_tellers) = (SELECT"
          + " sum(bbalance) FROM pgbench_branches) AND (SELECT coalesce(sum(delta), 0) FROM"
          + " pgbench_history) = (SELECT sum(bbalance) FROM pgbench_branches)";

  static final String COMMITTED = "SELECT count(*) FROM pgbench_history";

  private static final Path PROGRAMS =
      Path.of("/usr/lib/postgresql", String.valueOf(BranchLab.MAJOR), "bin");

  private Pgbench() {}

  static void assumeInstalled() {
    assumeTrue(
        Files.isExecutable(program("pgbench")), "pgbench " + BranchLab.MAJOR + " is not installed");
  }

  /** Of the same installation. */
  static Path program(String name) {
    return PROGRAMS.resolve(name);
  }

  static void fill(Path directory, Path socketDirectory, int scale) throws Exception {
    Process filling = start(directory, socketDirectory, "-i", "-q", "-s", String.valueOf(scale));
    assertThat(filling.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(filling.exitValue()).isZero();
  }

  /**
   * @param directory where it runs, and leaves its logs if it is told to write some
   */
  static Process start(Path directory, Path socketDirectory, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(program("pgbench").toString());
    command.addAll(
        List.of("-h", socketDirectory.toString(), "-p", String.valueOf(EngineHost.PORT)));
    command.addAll(List.of("-U", BranchLab.OWNER));
    command.addAll(List.of(options));
    command.add("shop");
    return new ProcessBuilder(command)
        .directory(directory.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("pgbench.out").toFile()))
        .start();
  }

  /** The transactions that its clients were told are committed, as far as it has written that. */
  static int logged(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      int lines = 0;
      for (Path file : files.filter(Pgbench::isLog).toList()) {
        lines += (int) Files.readString(file).chars().filter(c -> c == '\n').count();
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isLog(Path file) {
    return file.getFileName().toString().startsWith("pgbench_log");
  }
}
