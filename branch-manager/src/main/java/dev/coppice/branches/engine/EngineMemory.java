package dev.coppice.branches.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What the processes of an engine occupy, what they share divided among them (PSS, proc(5)). */
public final class EngineMemory {

  private static final String FIELD = "Pss:";

  private EngineMemory() {}

  /** 0 for an engine that has ended, or where the kernel does not tell. */
  public static long bytes(long postmaster) {
    return LongStream.concat(LongStream.of(postmaster), EngineProcesses.children(postmaster))
        .map(EngineMemory::process)
        .sum();
  }

  private static long process(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "smaps_rollup"))) {
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
