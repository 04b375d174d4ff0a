package dev.coppice.branches.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** The processes of an engine: a postmaster and its children, none of which has any. */
final class EngineProcesses {

  private EngineProcesses() {}

  /** None of an engine that has ended, or where the kernel does not tell (proc_pid_task(5)). */
  static LongStream children(long postmaster) {
    String pid = Long.toString(postmaster);
    try {
      String children = Files.readString(Path.of("/proc", pid, "task", pid, "children"));
      return Stream.of(children.strip().split(" ", -1))
          .filter(child -> !child.isEmpty())
          .mapToLong(Long::parseLong);
    } catch (IOException e) {
      return LongStream.empty();
    }
  }
}
