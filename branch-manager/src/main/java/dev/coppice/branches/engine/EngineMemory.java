package dev.coppice.branches.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the processes of an engine occupy, what they share divided among them (PSS, proc(5)). */
public final class EngineMemory {

  private static final String FIELD = "Pss:";

  private EngineMemory() {}

  /** 0 for an engine that has ended, or where the kernel does not tell. */
  public static long bytes(long postmaster) {
    long bytes = process(Long.toString(postmaster));
    try {
      Path file =
          Path.of(
              "/proc", Long.toString(postmaster), "task", Long.toString(postmaster), "children");
      for (String child : Files.readString(file).strip().split(" ", -1)) {
        bytes += child.isEmpty() ? 0 : process(child);
      }
    } catch (IOException e) {
      return bytes;
    }
    return bytes;
  }

  private static long process(String pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", pid, "smaps_rollup"))) {
      return lines
          .filter(line -> line.startsWith(FIELD))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    } catch (IOException | java.io.UncheckedIOException e) {
      return 0;
    }
  }
}
